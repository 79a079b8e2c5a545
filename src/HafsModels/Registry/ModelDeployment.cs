namespace HafsModels.Registry;

/// <summary>A model that a backend confirmed it serves.</summary>
public sealed record ModelDeployment
{
    /// <summary>Id of the model.</summary>
    public required string ModelId { get; init; }

    /// <summary>Backend, as <c>DeploymentTargets</c> names it: Embedded, LlamaCpp, OpenAI, Ollama, Halext.</summary>
    public required string Backend { get; init; }

    /// <summary>Name under which the backend serves it.</summary>
    public required string Name { get; init; }

    /// <summary>Address or path the backend serves it from.</summary>
    public required string Endpoint { get; init; }

    /// <summary>The file that was deployed.</summary>
    public required string ArtifactPath { get; init; }

    /// <summary>SHA-256 of that file, lower-case hex.</summary>
    public string ArtifactSha256 { get; init; } = "";

    /// <summary>Recipe or type of that file.</summary>
    public string Quantization { get; init; } = "";

    /// <summary>The server that was started for it; null where the backend ran already.</summary>
    public DeploymentServer? Server { get; init; }

    /// <summary>What did not go over as it is, such as a chat template that had to be simplified.</summary>
    public IReadOnlyList<string> Notes { get; init; } = [];

    /// <summary>When the backend confirmed, UTC.</summary>
    public DateTimeOffset DeployedAt { get; init; }

    /// <summary>The registry file this record came from.</summary>
    public string Registry { get; init; } = "";
}
