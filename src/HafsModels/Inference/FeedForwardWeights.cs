namespace HafsModels.Inference;

/// <summary>One feed-forward network: a dense layer's, or an expert's.</summary>
internal sealed record FeedForwardWeights
{
    /// <summary>Gate, or null when the activation is on the up projection itself.</summary>
    public required WeightMatrix? Gate { get; init; }

    /// <summary>Up projection.</summary>
    public required WeightMatrix Up { get; init; }

    /// <summary>Down projection.</summary>
    public required WeightMatrix Down { get; init; }

    /// <summary>Bias of the gate, or empty.</summary>
    public float[] GateBias { get; init; } = [];

    /// <summary>Bias of the up projection, or empty.</summary>
    public float[] UpBias { get; init; } = [];

    /// <summary>Bias of the down projection, or empty.</summary>
    public float[] DownBias { get; init; } = [];

    /// <summary>Numbers in the matrices.</summary>
    public long ParameterCount => (Gate?.ElementCount ?? 0) + Up.ElementCount + Down.ElementCount;

    /// <summary>The same network with every matrix put through <paramref name="map"/>.</summary>
    public FeedForwardWeights Map(Func<WeightMatrix, WeightMatrix> map) => this with { Gate = Gate is null ? null : map(Gate), Up = map(Up), Down = map(Down) };
}
