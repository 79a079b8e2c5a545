namespace HafsModels.Conversion;

/// <summary>When a new file begins. At least one limit must be set.</summary>
public sealed record GgufSplitLimits
{
    /// <summary>Most tensors in a file; 0 for no limit.</summary>
    public int MaxTensors { get; init; }

    /// <summary>Most bytes of tensors in a file, without its header; 0 for no limit. A tensor that is larger alone gets a file of its own.</summary>
    public long MaxBytes { get; init; }

    /// <summary>Keeps the first file free of tensors: small, and enough to say what the model is.</summary>
    public bool NoTensorsInFirst { get; init; }
}
