namespace HafsModels.Quantization;

/// <summary>Facts about a whole model that decide which tensors get more bits.</summary>
/// <param name="LayerCount">Number of blocks.</param>
/// <param name="HeadCount">Query heads.</param>
/// <param name="KeyValueHeadCount">Key/value heads.</param>
/// <param name="TiedEmbeddings">Whether the embedding is the head as well.</param>
public sealed record RecipeModel(int LayerCount, int HeadCount, int KeyValueHeadCount, bool TiedEmbeddings)
{
    /// <summary>Query heads that share one key/value head.</summary>
    public int SharedHeads => HeadCount / KeyValueHeadCount;
}
