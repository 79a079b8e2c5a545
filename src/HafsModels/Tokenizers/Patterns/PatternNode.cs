namespace HafsModels.Tokenizers.Patterns;

/// <summary>A parsed part of a pattern.</summary>
internal abstract record PatternNode
{
    /// <summary>Whether it can match without taking anything.</summary>
    public abstract bool CanBeEmpty { get; }

    /// <summary>One code point of a set.</summary>
    public sealed record One(CharSet Set) : PatternNode
    {
        public override bool CanBeEmpty => false;
    }

    /// <summary>Parts one after the other.</summary>
    public sealed record Chain(IReadOnlyList<PatternNode> Parts) : PatternNode
    {
        public override bool CanBeEmpty => Parts.All(part => part.CanBeEmpty);
    }

    /// <summary>The first of several that leads to a match.</summary>
    public sealed record Choice(IReadOnlyList<PatternNode> Options) : PatternNode
    {
        public override bool CanBeEmpty => Options.Any(option => option.CanBeEmpty);
    }

    /// <summary>A part several times.</summary>
    public sealed record Repeat(PatternNode Part, int Minimum, int Maximum, PatternOp Manner) : PatternNode
    {
        public override bool CanBeEmpty => Minimum == 0 || Part.CanBeEmpty;
    }

    /// <summary>Something that looks and takes nothing, or that takes and forgets its alternatives (<see cref="PatternOp.Atomic"/>).</summary>
    public sealed record Guard(PatternOp Op, PatternNode Part) : PatternNode
    {
        public override bool CanBeEmpty => Op != PatternOp.Atomic || Part.CanBeEmpty;
    }

    /// <summary>A place, such as a line's end.</summary>
    public sealed record Place(PatternOp Op) : PatternNode
    {
        public override bool CanBeEmpty => true;
    }
}
