namespace HafsModels.Measurement;

/// <summary>Which files of a model to measure, and on what.</summary>
public sealed record MeasureRequest
{
    /// <summary>Registered model id.</summary>
    public required string ModelId { get; init; }

    /// <summary>Quantizations of its GGUF files to measure; empty for all.</summary>
    public IReadOnlyList<string> Quantizations { get; init; } = [];

    /// <summary>Further GGUF files made of the model.</summary>
    public IReadOnlyList<string> Paths { get; init; } = [];

    /// <summary>Text to predict; null for the built-in one.</summary>
    public string? EvaluationText { get; init; }

    /// <summary>Most tokens of it; 0 for as many as take minutes at most.</summary>
    public int MaxTokens { get; init; }

    /// <summary>Threads to compute with; 0 for one a processor.</summary>
    public int Threads { get; init; }

    /// <summary>Page (.html) or picture (.svg) to draw as well, or null.</summary>
    public string? ReportPath { get; init; }
}
