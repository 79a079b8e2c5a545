namespace HafsModels.Quantization;

/// <summary>Facts about a whole model that decide which tensors get more bits.</summary>
/// <param name="LayerCount">Number of blocks.</param>
/// <param name="HeadCount">Query heads.</param>
/// <param name="KeyValueHeadCount">Key/value heads.</param>
/// <param name="TiedEmbeddings">Whether the embedding is the head as well.</param>
public sealed record RecipeModel(int LayerCount, int HeadCount, int KeyValueHeadCount, bool TiedEmbeddings)
{
    /// <summary>Name of the family: the GGUF architecture.</summary>
    public string Family { get; init; } = "llama";

    /// <summary>Experts of each feed-forward layer; 0 for a dense model.</summary>
    public int ExpertCount { get; init; }

    /// <summary>Whether the tensors are encoded with an importance matrix.</summary>
    public bool HasImportance { get; init; }

    /// <summary>Query heads that share one key/value head; 0 when there are none.</summary>
    public int SharedHeads => KeyValueHeadCount == 0 ? 0 : HeadCount / KeyValueHeadCount;

    /// <summary>
    /// Whether llama.cpp takes the model for one of 70 billion parameters: its value projections are so small that more bits for them cost
    /// nothing.
    /// </summary>
    public bool IsSeventyBillionClass => LayerCount == 80
        && ((Family == "llama" && SharedHeads > 1 && ExpertCount != 8) || Family == "qwen2");
}
