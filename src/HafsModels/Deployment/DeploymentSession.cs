using HafsModels.Inference;

namespace HafsModels.Deployment;

/// <summary>A connection to one deployment.</summary>
public abstract class DeploymentSession : IAsyncDisposable
{
    /// <summary>The deployed model itself where it runs in this process, so that all its probabilities can be compared; else null.</summary>
    public virtual TextGenerator? Local => null;

    /// <summary>Continues a prompt greedily.</summary>
    /// <param name="prompt">Token ids of the prompt.</param>
    /// <param name="maxTokens">Most tokens to generate.</param>
    /// <param name="cancellationToken">Ends the work.</param>
    public abstract Task<Generation> GenerateAsync(ReadOnlyMemory<int> prompt, int maxTokens, CancellationToken cancellationToken);

    /// <summary>Closes the connection; the deployment goes on.</summary>
    public virtual ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        return ValueTask.CompletedTask;
    }
}
