namespace HafsModels.Conversion;

/// <summary>What a GGUF file made from another one changes beside the types of its tensors.</summary>
public sealed record GgufRequantizationOptions
{
    /// <summary>What is being made, for progress.</summary>
    public string Activity { get; init; } = "Quantizing";

    /// <summary>Encode tensors anew that lost bits to quantization before.</summary>
    public bool AllowRequantize { get; init; }

    /// <summary>Numbers of blocks to leave out; the others are numbered anew.</summary>
    public IReadOnlyList<int> PruneLayers { get; init; } = [];

    /// <summary>Writes as many files as the source has, each with the tensors of its own.</summary>
    public bool KeepSplit { get; init; }

    /// <summary>Metadata to set, in order: key to string, bool, number or array. A key that is there keeps its type.</summary>
    public IReadOnlyList<KeyValuePair<string, object>> Metadata { get; init; } = [];
}
