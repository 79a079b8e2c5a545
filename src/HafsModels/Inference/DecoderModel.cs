using HafsModels.Architectures;

namespace HafsModels.Inference;

/// <summary>A model in memory: every weight by its part in the computation.</summary>
internal sealed record DecoderModel
{
    /// <summary>Sizes and traits.</summary>
    public required DecoderConfig Config { get; init; }

    /// <summary>Embedding: a row for each token.</summary>
    public required WeightMatrix Embedding { get; init; }

    /// <summary>Factors that divide the rotary frequencies, or empty.</summary>
    public required float[] RopeFactors { get; init; }

    /// <summary>The blocks, first to last.</summary>
    public required IReadOnlyList<DecoderBlock> Blocks { get; init; }

    /// <summary>Norm after the last block.</summary>
    public required float[] OutputNorm { get; init; }

    /// <summary>Head; the embedding itself when tied.</summary>
    public required WeightMatrix Head { get; init; }

    /// <summary>
    /// Reads all weights into memory. Every role must be there with the shape the configuration demands, and none may be left over:
    /// a tensor this decoder does not know would change the result if it were ignored.
    /// </summary>
    /// <exception cref="HafsException">A weight is missing, has another shape, or is not understood.</exception>
    public static DecoderModel Load(DecoderWeights source, WeightArena arena, CancellationToken cancellationToken)
    {
        DecoderConfig config = source.Config;
        DecoderConfigRules.Check(config, source.Name);
        var loader = new WeightLoader(source, arena, cancellationToken);
        int hidden = config.HiddenSize;
        WeightMatrix embedding = loader.Matrix("token_embd.weight", config.VocabularySize, hidden);
        var model = new DecoderModel
        {
            Config = config,
            Embedding = embedding,
            RopeFactors = loader.OptionalVector("rope_freqs.weight", config.RopeDimension / 2),
            Blocks = [.. Enumerable.Range(0, config.LayerCount).Select(layer => LoadBlock(loader, config, $"blk.{layer}."))],
            OutputNorm = loader.Vector("output_norm.weight", hidden),
            Head = config.TiedEmbeddings ? embedding : loader.Matrix("output.weight", config.VocabularySize, hidden),
        };
        loader.ThrowIfAnyLeft();
        return model;
    }

    /// <summary>The same model with every matrix put through <paramref name="map"/>, which takes its role; vectors stay.</summary>
    public DecoderModel Map(Func<string, WeightMatrix, WeightMatrix> map)
    {
        WeightMatrix embedding = map("token_embd.weight", Embedding);
        return this with
        {
            Embedding = embedding,
            Blocks = [.. Blocks.Select((block, layer) => block.Map($"blk.{layer}.", map))],
            Head = Config.TiedEmbeddings ? embedding : map("output.weight", Head),
        };
    }

    private static DecoderBlock LoadBlock(WeightLoader loader, DecoderConfig config, string prefix)
    {
        int hidden = config.HiddenSize, head = config.HeadDimension;
        int queries = config.HeadCount * head, keys = config.KeyValueHeadCount * head;
        return new DecoderBlock
        {
            AttentionNorm = loader.Vector(prefix + "attn_norm.weight", hidden),
            Query = loader.Matrix(prefix + "attn_q.weight", queries, hidden),
            Key = loader.Matrix(prefix + "attn_k.weight", keys, hidden),
            Value = loader.Matrix(prefix + "attn_v.weight", keys, hidden),
            Output = loader.Matrix(prefix + "attn_output.weight", hidden, queries),
            QueryBias = loader.OptionalVector(prefix + "attn_q.bias", queries),
            KeyBias = loader.OptionalVector(prefix + "attn_k.bias", keys),
            ValueBias = loader.OptionalVector(prefix + "attn_v.bias", keys),
            OutputBias = loader.OptionalVector(prefix + "attn_output.bias", hidden),
            QueryNorm = loader.OptionalVector(prefix + "attn_q_norm.weight", head),
            KeyNorm = loader.OptionalVector(prefix + "attn_k_norm.weight", head),
            FeedForwardNorm = loader.Vector(prefix + "ffn_norm.weight", hidden),
            Gate = loader.Matrix(prefix + "ffn_gate.weight", config.FeedForwardSize, hidden),
            Up = loader.Matrix(prefix + "ffn_up.weight", config.FeedForwardSize, hidden),
            Down = loader.Matrix(prefix + "ffn_down.weight", hidden, config.FeedForwardSize),
        };
    }
}
