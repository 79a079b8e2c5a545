using HafsModels.Registry;

namespace HafsModels.Deployment;

/// <summary>A backend that can serve models. Instances hold no state.</summary>
public abstract class DeploymentTarget
{
    /// <summary>Name here, such as <c>LlamaCpp</c>.</summary>
    public abstract string Name { get; }

    /// <summary>Name in hafs' registry and on the command line, such as <c>llama.cpp</c>.</summary>
    public abstract string RegistryName { get; }

    /// <summary>What it is, in one line, for completion and help.</summary>
    public abstract string About { get; }

    /// <summary>Whether it looks for a program in the folder that <c>sync.toml</c> names.</summary>
    public virtual bool UsesSettings => false;

    /// <summary>Makes the backend serve a file. Returns only after the backend confirmed.</summary>
    /// <param name="job">What to serve, and how.</param>
    /// <param name="progress">Told about bytes transferred and what is waited for.</param>
    /// <param name="cancellationToken">Ends the work; nothing half-published is left.</param>
    /// <exception cref="HafsException">The backend cannot be reached, or refused.</exception>
    public abstract Task<ModelDeployment> PublishAsync(PublishJob job, IProgress<WorkProgress>? progress, CancellationToken cancellationToken);

    /// <summary>Connects to a deployment in order to ask it.</summary>
    /// <param name="deployment">The deployment.</param>
    /// <param name="key">What proves who asks; null for the environment's or none.</param>
    /// <param name="cancellationToken">Ends the work.</param>
    /// <exception cref="HafsException">The backend cannot be reached, or no longer serves it.</exception>
    public abstract Task<DeploymentSession> OpenAsync(ModelDeployment deployment, string? key, CancellationToken cancellationToken);

    /// <summary>Brings a deployment back that has ended, where this backend was started from here.</summary>
    /// <param name="deployment">The deployment.</param>
    /// <param name="progress">Told what is waited for.</param>
    /// <param name="cancellationToken">Ends the work.</param>
    /// <returns>The deployment as it runs now, and one sentence on why it was started again; null where it runs, or is not ours to start.</returns>
    public virtual Task<(ModelDeployment Deployment, string Note)?> ReviveAsync(ModelDeployment deployment, IProgress<WorkProgress>? progress, CancellationToken cancellationToken) =>
        Task.FromResult<(ModelDeployment, string)?>(null);

    /// <summary>Makes the backend serve a deployment no longer. Returns after the backend confirmed; one that is gone already is no error.</summary>
    /// <param name="deployment">The deployment.</param>
    /// <param name="key">What proves who asks; null for the environment's or none.</param>
    /// <param name="cancellationToken">Ends the work.</param>
    /// <returns>One sentence: what was done, or why nothing was to do.</returns>
    /// <exception cref="HafsException">The backend cannot be reached, or refused.</exception>
    public abstract Task<string> UnpublishAsync(ModelDeployment deployment, string? key, CancellationToken cancellationToken);
}
