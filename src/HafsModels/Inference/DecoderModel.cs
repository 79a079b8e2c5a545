using HafsModels.Architectures;

namespace HafsModels.Inference;

/// <summary>A model in memory: every weight by its part in the computation.</summary>
internal sealed record DecoderModel
{
    /// <summary>Sizes and traits.</summary>
    public required DecoderConfig Config { get; init; }

    /// <summary>Embedding: a row for each token.</summary>
    public required WeightMatrix Embedding { get; init; }

    /// <summary>Embedding of positions: a row for each, or null.</summary>
    public required WeightMatrix? Positions { get; init; }

    /// <summary>Factors that divide the rotary frequencies, or empty.</summary>
    public required float[] RopeFactors { get; init; }

    /// <summary>The blocks, first to last.</summary>
    public required IReadOnlyList<DecoderBlock> Blocks { get; init; }

    /// <summary>Norm after the last block.</summary>
    public required DecoderNorm OutputNorm { get; init; }

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
        int hidden = config.HiddenSize, pairs = config.RopeDimension / 2;
        WeightMatrix embedding = loader.Matrix("token_embd.weight", config.VocabularySize, hidden);
        WeightMatrix? positions = loader.Has("position_embd.weight") ? loader.Matrix("position_embd.weight", config.ContextLength, hidden) : null;
        float[] factors = loader.OptionalVector("rope_freqs.weight", pairs);
        float[] shortFactors = loader.OptionalVector("rope_factors_short.weight", pairs);
        _ = loader.OptionalVector("rope_factors_long.weight", pairs);
        if (shortFactors.Length > 0)
        {
            // Beyond the original context the other factors hold for all positions, those seen before included.
            factors = shortFactors;
            config = config with { ContextLength = Math.Min(config.ContextLength, Math.Max(1, config.RopeOriginalContext)) };
        }

        var model = new DecoderModel
        {
            Config = config,
            Embedding = embedding,
            Positions = positions,
            RopeFactors = factors,
            Blocks = [.. Enumerable.Range(0, config.LayerCount).Select(layer => new BlockLoader(loader, config, layer).Load())],
            OutputNorm = loader.Norm("output_norm", hidden),
            Head = config.TiedEmbeddings ? embedding : loader.Matrix("output.weight", config.VocabularySize, hidden),
        };
        loader.ThrowIfAnyLeft();
        return model;
    }

    /// <summary>The same model with every matrix put through <paramref name="map"/>; vectors stay.</summary>
    public DecoderModel Map(Func<WeightMatrix, WeightMatrix> map)
    {
        WeightMatrix embedding = map(Embedding);
        return this with
        {
            Embedding = embedding,
            Positions = Positions is null ? null : map(Positions),
            Blocks = [.. Blocks.Select(block => block.Map(map))],
            Head = Config.TiedEmbeddings ? embedding : map(Head),
        };
    }
}
