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

    /// <summary>Width of a query or key head.</summary>
    public required int HeadDimension { get; init; }

    /// <summary>Width of a value head; 0 for <see cref="HeadDimension"/>.</summary>
    public int ValueDimension { get; init; }

    /// <summary>Rows of the embedding.</summary>
    public required int VocabularySize { get; init; }

    /// <summary>Longest context the model was made for, in tokens.</summary>
    public required int ContextLength { get; init; }

    /// <summary>Epsilon of the norms.</summary>
    public required float NormEpsilon { get; init; }

    /// <summary>Base of the rotary frequencies (theta).</summary>
    public required float RopeBase { get; init; }

    /// <summary>Base of the rotary frequencies in layers with a sliding window; 0 for <see cref="RopeBase"/>.</summary>
    public float LocalRopeBase { get; init; }

    /// <summary>Rotated elements of a head; usually <see cref="HeadDimension"/>; 0 when nothing is rotated.</summary>
    public required int RopeDimension { get; init; }

    /// <summary>Every how many layers one is without rotation; 0 when all are rotated.</summary>
    public int RopePeriod { get; init; }

    /// <summary>
    /// True when element pairs (2i, 2i+1) are rotated together, as in GGUF files of the llama family, whose q and k rows are permuted for it;
    /// false when element i pairs with i + RopeDimension/2, as in most Hugging Face checkpoints.
    /// </summary>
    public required bool RopeInterleaved { get; init; }

    /// <summary>How rotary frequencies are stretched beyond the context the model was trained with.</summary>
    public RopeScalingKind RopeScaling { get; init; }

    /// <summary>Factor of the stretch; 1 for none.</summary>
    public float RopeFactor { get; init; } = 1;

    /// <summary>Context before the stretch, in tokens; 0 when nothing is stretched.</summary>
    public int RopeOriginalContext { get; init; }

    /// <summary>Factor on rotated queries and keys (a part of YaRN and LongRoPE); 1 for none.</summary>
    public float RopeMagnitude { get; init; } = 1;

    /// <summary>Rotations within the original context above which YaRN leaves a frequency alone.</summary>
    public float YarnBetaFast { get; init; } = 32;

    /// <summary>Rotations within the original context below which YaRN divides a frequency by the whole factor.</summary>
    public float YarnBetaSlow { get; init; } = 1;

    /// <summary>Whether YaRN rounds the ends of its ramp to whole pairs.</summary>
    public bool YarnTruncated { get; init; } = true;

    /// <summary>What the scale of attention grows by with the logarithm of the factor, in models that let YaRN change it; 0 for nothing.</summary>
    public float YarnLogMultiplier { get; init; }

    /// <summary>Positions a token sees back, itself included, in layers with a sliding window; 0 for all.</summary>
    public int SlidingWindow { get; init; }

    /// <summary>Every how many layers one has no window; 0 when all layers have it.</summary>
    public int SlidingPeriod { get; init; }

    /// <summary>Factor on attention scores; 0 for 1/√<see cref="HeadDimension"/>.</summary>
    public float AttentionScale { get; init; }

    /// <summary>Attention scores are cap·tanh(score/cap); 0 for no cap.</summary>
    public float AttentionSoftcap { get; init; }

    /// <summary>Logits are cap·tanh(logit/cap); 0 for no cap.</summary>
    public float LogitSoftcap { get; init; }

    /// <summary>Factor on embeddings.</summary>
    public float EmbeddingScale { get; init; } = 1;

    /// <summary>Factor on what a block adds to the residual stream.</summary>
    public float ResidualScale { get; init; } = 1;

    /// <summary>Logits are divided by it.</summary>
    public float LogitDivisor { get; init; } = 1;

    /// <summary>Whether attention and feed-forward part of a block read the same input and are added together.</summary>
    public bool ParallelResidual { get; init; }

    /// <summary>Kind of the norms.</summary>
    public NormKind Norm { get; init; }

    /// <summary>Activation of the feed-forward part.</summary>
    public ActivationKind Activation { get; init; }

    /// <summary>Experts of a feed-forward layer; 0 for a dense model.</summary>
    public int ExpertCount { get; init; }

    /// <summary>Experts that a token is sent to.</summary>
    public int ExpertUsedCount { get; init; }

    /// <summary>Width of an expert's hidden layer.</summary>
    public int ExpertFeedForwardSize { get; init; }

    /// <summary>Experts that every token is sent to, where they are counted; they are stored as one.</summary>
    public int SharedExpertCount { get; init; }

    /// <summary>Width of the hidden layer of the expert that every token is sent to; 0 for none.</summary>
    public int SharedFeedForwardSize { get; init; }

    /// <summary>First layers that are dense in a model with experts.</summary>
    public int LeadingDenseLayers { get; init; }

    /// <summary>How the router's logits become weights.</summary>
    public ExpertGating ExpertGating { get; init; } = ExpertGating.Softmax;

    /// <summary>Whether the weights of a token's experts are made to sum to 1.</summary>
    public bool ExpertWeightsNormalized { get; init; }

    /// <summary>Factor on the weights of a token's experts.</summary>
    public float ExpertWeightsScale { get; init; } = 1;

    /// <summary>Groups of experts, of which only the best are considered; 0 or 1 for no groups.</summary>
    public int ExpertGroupCount { get; init; }

    /// <summary>Groups that are considered.</summary>
    public int ExpertGroupUsedCount { get; init; }

    /// <summary>Width of compressed queries under latent attention; 0 when they are not compressed.</summary>
    public int QueryRank { get; init; }

    /// <summary>Width of compressed keys and values under latent attention; 0 for ordinary attention.</summary>
    public int KeyValueRank { get; init; }

    /// <summary>Width of a head's key under latent attention, after decompression.</summary>
    public int LatentKeyDimension { get; init; }

    /// <summary>Width of a head's value under latent attention, after decompression.</summary>
    public int LatentValueDimension { get; init; }

    /// <summary>Whether the output head is the embedding itself.</summary>
    public required bool TiedEmbeddings { get; init; }

    /// <summary>Width of a value head.</summary>
    internal int ValueWidth => ValueDimension == 0 ? HeadDimension : ValueDimension;

    /// <summary>Whether a layer sees a sliding window only.</summary>
    internal bool IsLocal(int layer) => SlidingWindow > 0 && (SlidingPeriod == 0 || (layer + 1) % SlidingPeriod != 0);

    /// <summary>Whether a layer rotates queries and keys.</summary>
    internal bool IsRotated(int layer) => RopeDimension > 0 && (RopePeriod == 0 || (layer + 1) % RopePeriod != 0);
}
