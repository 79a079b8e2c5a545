using HafsModels.Registry;

namespace HafsModels.Deployment;

/// <summary>A backend that can serve models. Instances hold no state.</summary>
public abstract class DeploymentTarget
{
    /// <summary>Name here, such as <c>LlamaCpp</c>.</summary>
    public abstract string Name { get; }

    /// <summary>Name in hafs' registry and on the command line, such as <c>llama.cpp</c>.</summary>
    public abstract string RegistryName { get; }

    /// <summary>Makes the backend serve a file. Returns only after the backend confirmed.</summary>
    /// <param name="artifact">The file.</param>
    /// <param name="name">Name under which to serve it.</param>
    /// <param name="progress">Told about bytes transferred.</param>
    /// <param name="cancellationToken">Ends the work; nothing half-published is left.</param>
    /// <exception cref="HafsException">The backend cannot be reached, or refused.</exception>
    public abstract Task<ModelDeployment> PublishAsync(Artifact artifact, string name, IProgress<WorkProgress>? progress, CancellationToken cancellationToken);

    /// <summary>Connects to a deployment in order to ask it.</summary>
    /// <exception cref="HafsException">The backend cannot be reached, or no longer serves it.</exception>
    public abstract Task<DeploymentSession> OpenAsync(ModelDeployment deployment, CancellationToken cancellationToken);
}
