namespace HafsModels.Exports.Ollama.GoTemplates;

/// <summary>Something with a value.</summary>
/// <param name="Fields">Fields read from it one after the other: <c>.A.B</c>.</param>
internal abstract record GoOperand(IReadOnlyList<string> Fields)
{
    /// <summary>Names of fields that are read in it, also within parentheses.</summary>
    public virtual IEnumerable<string> AllFields() => Fields;

    /// <summary>A number, text, truth value or nil.</summary>
    public sealed record Literal(object? Value) : GoOperand([]);

    /// <summary>The dot.</summary>
    public sealed record Dot(IReadOnlyList<string> Fields) : GoOperand(Fields);

    /// <summary>A variable; <c>$</c> is the data itself.</summary>
    public sealed record Variable(string Name, IReadOnlyList<string> Fields) : GoOperand(Fields);

    /// <summary>A function, at the head of a command.</summary>
    public sealed record Function(string Name) : GoOperand([]);

    /// <summary>A pipeline in parentheses.</summary>
    public sealed record Group(GoPipeline Pipeline, IReadOnlyList<string> Fields) : GoOperand(Fields)
    {
        public override IEnumerable<string> AllFields() => Pipeline.Fields().Concat(Fields);
    }
}
