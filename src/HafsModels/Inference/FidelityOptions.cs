namespace HafsModels.Inference;

/// <summary>On what source and result are compared, and how much of it.</summary>
public sealed record FidelityOptions
{
    /// <summary>Text both are run on; null for a built-in one (public-domain prose, questions, code).</summary>
    public string? Text { get; init; }

    /// <summary>Text both continue greedily; null for the first words of the evaluation text.</summary>
    public string? Prompt { get; init; }

    /// <summary>Most tokens of the text to compare; 0 for 1,536, and fewer for large models so that the comparison takes minutes at most, never below 256.</summary>
    public int MaxTokens { get; init; }

    /// <summary>Tokens each generates after the prompt.</summary>
    public int GeneratedTokens { get; init; } = 32;

    /// <summary>Threads to compute with; 0 for one a processor.</summary>
    public int Threads { get; init; }
}
