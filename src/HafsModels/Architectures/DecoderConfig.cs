namespace HafsModels.Architectures;

/// <summary>
/// Everything the embedded decoder and the exporters need to know about one decoder-only model beside its weights: sizes from config.json
/// or from GGUF metadata, traits from the family's data. Roles of tensors are their GGUF names (<c>blk.{i}.attn_q.weight</c>).
/// </summary>
public sealed record DecoderConfig
{
    /// <summary>Name of the family, which is the GGUF architecture, such as <c>llama</c>.</summary>
    public required string Family { get; init; }

    /// <summary>Number of transformer blocks.</summary>
    public required int LayerCount { get; init; }

    /// <summary>Width of the residual stream.</summary>
    public required int HiddenSize { get; init; }

    /// <summary>Width of the feed-forward hidden layer.</summary>
    public required int FeedForwardSize { get; init; }

    /// <summary>Query heads.</summary>
    public required int HeadCount { get; init; }

    /// <summary>Key/value heads; fewer than <see cref="HeadCount"/> under grouped-query attention.</summary>
    public required int KeyValueHeadCount { get; init; }

    /// <summary>Width of a head.</summary>
    public required int HeadDimension { get; init; }

    /// <summary>Rows of the embedding.</summary>
    public required int VocabularySize { get; init; }

    /// <summary>Longest context the model was made for, in tokens.</summary>
    public required int ContextLength { get; init; }

    /// <summary>Epsilon of the (RMS) norms.</summary>
    public required float NormEpsilon { get; init; }

    /// <summary>Base of the rotary frequencies (theta).</summary>
    public required float RopeBase { get; init; }

    /// <summary>Rotated elements of a head; usually <see cref="HeadDimension"/>.</summary>
    public required int RopeDimension { get; init; }

    /// <summary>
    /// True when element pairs (2i, 2i+1) are rotated together, as in GGUF files of the llama family, whose q and k rows are permuted for it;
    /// false when element i pairs with i + RopeDimension/2, as in every Hugging Face checkpoint.
    /// </summary>
    public required bool RopeInterleaved { get; init; }

    /// <summary>Whether the output head is the embedding itself.</summary>
    public required bool TiedEmbeddings { get; init; }
}
