namespace HafsModels.Exports.Ollama;

/// <summary>What the value of a parameter must be.</summary>
public enum ModelfileParameterKind
{
    /// <summary>A whole number.</summary>
    WholeNumber,

    /// <summary>A number.</summary>
    Number,

    /// <summary><c>true</c> or <c>false</c>.</summary>
    Boolean,

    /// <summary>Any text.</summary>
    Text,
}
