namespace HafsModels.Inference;

/// <summary>Experts of one layer.</summary>
internal sealed record ExpertWeights
{
    /// <summary>Router: a row for each expert.</summary>
    public required WeightMatrix Router { get; init; }

    /// <summary>Bias of the router's logits, or empty.</summary>
    public required float[] RouterBias { get; init; }

    /// <summary>Added to the experts' probabilities when they are chosen, not when they are weighed; or empty.</summary>
    public required float[] SelectionBias { get; init; }

    /// <summary>The experts.</summary>
    public required IReadOnlyList<FeedForwardWeights> Experts { get; init; }

    /// <summary>The expert that every token is sent to, or null.</summary>
    public required FeedForwardWeights? Shared { get; init; }

    /// <summary>The shared expert's result is multiplied with the sigmoid of the input's product with this; or null.</summary>
    public required float[]? SharedGate { get; init; }

    /// <summary>The same experts with every matrix put through <paramref name="map"/>.</summary>
    public ExpertWeights Map(Func<WeightMatrix, WeightMatrix> map) => this with { Router = map(Router), Experts = [.. Experts.Select(e => e.Map(map))], Shared = Shared?.Map(map) };
}
