namespace HafsModels.Exports.Verification;

/// <summary>How to look into an export.</summary>
public sealed record ExportTestOptions
{
    /// <summary>Name of the format; null for what the folder says of itself, or shows.</summary>
    public string? Format { get; init; }

    /// <summary>What is asked of the model; null for a few plain words.</summary>
    public string? Prompt { get; init; }

    /// <summary>Most tokens of the answer.</summary>
    public int MaxTokens { get; init; } = 16;

    /// <summary>How many times the model is asked; the answers must be the same.</summary>
    public int Repeats { get; init; } = 2;

    /// <summary>Do not run the model: its weights are not read.</summary>
    public bool SkipRun { get; init; }

    /// <summary>Worker threads; 0 for one a processor.</summary>
    public int Threads { get; init; }
}
