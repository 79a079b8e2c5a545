namespace HafsModels.Exports.Ollama.GoTemplates;

/// <summary>A part of a template.</summary>
internal abstract record GoNode
{
    /// <summary>Text that stands for itself.</summary>
    public sealed record Text(string Value) : GoNode;

    /// <summary>A pipeline whose value is printed, unless it declares or assigns a variable.</summary>
    public sealed record Action(GoPipeline Pipeline) : GoNode;

    /// <summary>A choice.</summary>
    public sealed record If(GoPipeline Condition, IReadOnlyList<GoNode> Then, IReadOnlyList<GoNode> Else) : GoNode;

    /// <summary>As a choice, with the value as the dot within <paramref name="Then"/>.</summary>
    public sealed record With(GoPipeline Value, IReadOnlyList<GoNode> Then, IReadOnlyList<GoNode> Else) : GoNode;

    /// <summary>A loop over a list or a table, each element the dot in its turn.</summary>
    public sealed record Range(GoPipeline Over, IReadOnlyList<GoNode> Body, IReadOnlyList<GoNode> Else) : GoNode;

    /// <summary>Leaves the innermost loop.</summary>
    public sealed record Break : GoNode;

    /// <summary>Goes on with the next element of the innermost loop.</summary>
    public sealed record Continue : GoNode;
}
