namespace HafsModels.Inference;

/// <summary>Weights of one transformer block.</summary>
internal sealed record DecoderBlock
{
    /// <summary>Norm before attention, or none.</summary>
    public required DecoderNorm AttentionNorm { get; init; }

    /// <summary>Norm before attention where the other one is before the feed-forward part that runs beside it; or none.</summary>
    public required DecoderNorm SecondAttentionNorm { get; init; }

    /// <summary>Norm of what attention gives, or none.</summary>
    public required DecoderNorm PostAttentionNorm { get; init; }

    /// <summary>Latent attention, or null for the ordinary kind.</summary>
    public required LatentWeights? Latent { get; init; }

    /// <summary>Queries: heads × head width rows; null under latent attention, as are keys and values.</summary>
    public required WeightMatrix? Query { get; init; }

    /// <summary>Keys: key/value heads × head width rows.</summary>
    public required WeightMatrix? Key { get; init; }

    /// <summary>Values: key/value heads × value width rows.</summary>
    public required WeightMatrix? Value { get; init; }

    /// <summary>Output of attention.</summary>
    public required WeightMatrix Output { get; init; }

    /// <summary>Bias of the queries, or empty.</summary>
    public required float[] QueryBias { get; init; }

    /// <summary>Bias of the keys, or empty.</summary>
    public required float[] KeyBias { get; init; }

    /// <summary>Bias of the values, or empty.</summary>
    public required float[] ValueBias { get; init; }

    /// <summary>Bias of attention's output, or empty.</summary>
    public required float[] OutputBias { get; init; }

    /// <summary>Norm of the queries.</summary>
    public required HeadNorm QueryNorm { get; init; }

    /// <summary>Norm of the keys.</summary>
    public required HeadNorm KeyNorm { get; init; }

    /// <summary>For each head a score that takes part in the softmax and has no value; or empty.</summary>
    public required float[] Sinks { get; init; }

    /// <summary>Norm before the feed-forward part, or none.</summary>
    public required DecoderNorm FeedForwardNorm { get; init; }

    /// <summary>Norm of what the feed-forward part gives, or none.</summary>
    public required DecoderNorm PostFeedForwardNorm { get; init; }

    /// <summary>The feed-forward part, or null when there are experts.</summary>
    public required FeedForwardWeights? Dense { get; init; }

    /// <summary>The experts, or null.</summary>
    public required ExpertWeights? Experts { get; init; }

    /// <summary>Numbers in the matrices that a token is multiplied with.</summary>
    public long ParametersPerToken(int usedExperts) =>
        new[] { Query, Key, Value, Output, Latent?.Query, Latent?.QueryDown, Latent?.KeyValueDown, Experts?.Router }.Sum(matrix => matrix?.ElementCount ?? 0)
        + (Latent is null ? 0 : Latent.KeyUp.Concat(Latent.ValueUp).Sum(m => m.ElementCount))
        + (Dense?.ParameterCount ?? 0) + (Experts is null ? 0 : usedExperts * Experts.Experts[0].ParameterCount + (Experts.Shared?.ParameterCount ?? 0));

    /// <summary>The same block with every matrix put through <paramref name="map"/>.</summary>
    public DecoderBlock Map(Func<WeightMatrix, WeightMatrix> map) => this with
    {
        Latent = Latent?.Map(map),
        Query = Query is null ? null : map(Query),
        Key = Key is null ? null : map(Key),
        Value = Value is null ? null : map(Value),
        Output = map(Output),
        Dense = Dense?.Map(map),
        Experts = Experts?.Map(map),
    };
}
