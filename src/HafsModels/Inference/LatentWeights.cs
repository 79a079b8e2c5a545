namespace HafsModels.Inference;

/// <summary>
/// Projections of latent attention, in the form that never decompresses keys and values: queries are taken into the latent space instead,
/// and what attention gives is taken out of it.
/// </summary>
internal sealed record LatentWeights
{
    /// <summary>Queries, or what expands compressed ones.</summary>
    public required WeightMatrix Query { get; init; }

    /// <summary>Compresses queries, or null when they are not compressed.</summary>
    public required WeightMatrix? QueryDown { get; init; }

    /// <summary>Norm of compressed queries, or none.</summary>
    public required DecoderNorm QueryNorm { get; init; }

    /// <summary>Compressed keys and values, and the part of the keys that is rotated.</summary>
    public required WeightMatrix KeyValueDown { get; init; }

    /// <summary>Norm of compressed keys and values.</summary>
    public required DecoderNorm KeyValueNorm { get; init; }

    /// <summary>For each head, the part of a query that is not rotated into the latent space.</summary>
    public required IReadOnlyList<WeightMatrix> KeyUp { get; init; }

    /// <summary>For each head, a value out of the latent space.</summary>
    public required IReadOnlyList<WeightMatrix> ValueUp { get; init; }

    /// <summary>The same projections with every matrix put through <paramref name="map"/>.</summary>
    public LatentWeights Map(Func<WeightMatrix, WeightMatrix> map) => this with
    {
        Query = map(Query),
        QueryDown = QueryDown is null ? null : map(QueryDown),
        KeyValueDown = map(KeyValueDown),
        KeyUp = [.. KeyUp.Select(map)],
        ValueUp = [.. ValueUp.Select(map)],
    };
}
