using HafsModels.Registry;

namespace HafsModels.Deployment;

/// <summary>What a backend is to serve, and how.</summary>
/// <param name="Artifact">The file.</param>
/// <param name="Name">Name under which to serve it.</param>
public sealed record PublishJob(Artifact Artifact, string Name)
{
    /// <summary>Address of a backend that runs already; null for the backend's own default.</summary>
    public Uri? Endpoint { get; init; }

    /// <summary>What proves who publishes; null for the environment's or none.</summary>
    public string? Key { get; init; }

    /// <summary>Replace what the backend serves under the name.</summary>
    public bool Force { get; init; }

    /// <summary>The deployment of the model under this name there is already, or null.</summary>
    public ModelDeployment? Existing { get; init; }

    /// <summary>Type the backend itself is to quantize the file to (Ollama: q8_0, q4_K_S, q4_K_M), or null to serve it as it is.</summary>
    public string? BackendQuantization { get; init; }

    /// <summary>System message the backend puts before conversations, or null.</summary>
    public string? System { get; init; }

    /// <summary>How a server is started.</summary>
    public ServerOptions Server { get; init; } = new();

    /// <summary>A deployment of this job's artifact, confirmed now.</summary>
    internal ModelDeployment Deployed(string backend, Uri endpoint) => new()
    {
        ModelId = Artifact.ModelId,
        Backend = backend,
        Name = Name,
        Endpoint = endpoint.AbsoluteUri,
        ArtifactPath = Artifact.Path,
        ArtifactSha256 = Artifact.Sha256,
        Quantization = Artifact.Quantization,
        DeployedAt = DateTimeOffset.UtcNow,
    };
}
