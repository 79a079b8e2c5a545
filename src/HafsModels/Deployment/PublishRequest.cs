namespace HafsModels.Deployment;

/// <summary>What to deploy where.</summary>
public sealed record PublishRequest
{
    /// <summary>Registered model id.</summary>
    public required string ModelId { get; init; }

    /// <summary>Backend, a name in <c>DeploymentTargets.All</c>.</summary>
    public required string Backend { get; init; }

    /// <summary>File to deploy; null for the newest GGUF artifact of the model (with <see cref="Quantization"/>, of that type).</summary>
    public string? ArtifactPath { get; init; }

    /// <summary>Which quantization to deploy, or null for any.</summary>
    public string? Quantization { get; init; }

    /// <summary>Name for the backend; null for the model id.</summary>
    public string? Name { get; init; }

    /// <summary>Address of a backend that runs already; null for the backend's own default.</summary>
    public Uri? Endpoint { get; init; }

    /// <summary>What proves who publishes; null for the environment's or none. Never recorded.</summary>
    public string? Key { get; init; }

    /// <summary>Replace what the backend serves under the name for somebody else.</summary>
    public bool Force { get; init; }

    /// <summary>Type the backend itself is to quantize the file to (Ollama: q8_0, q4_K_S, q4_K_M), or null to serve it as it is.</summary>
    public string? BackendQuantization { get; init; }

    /// <summary>System message the backend puts before conversations, or null.</summary>
    public string? System { get; init; }

    /// <summary>How a server is started, where the backend is one.</summary>
    public ServerOptions Server { get; init; } = new();
}
