namespace HafsModels.Deployment;

/// <summary>Which deployments to end.</summary>
public sealed record UnpublishRequest
{
    /// <summary>Registered model id.</summary>
    public required string ModelId { get; init; }

    /// <summary>Backend; null for all.</summary>
    public string? Backend { get; init; }

    /// <summary>Name under which the backend serves it; null for any.</summary>
    public string? Name { get; init; }

    /// <summary>What proves who asks; null for the environment's or none.</summary>
    public string? Key { get; init; }

    /// <summary>Forget a deployment also when its backend cannot be reached or refuses.</summary>
    public bool Force { get; init; }
}
