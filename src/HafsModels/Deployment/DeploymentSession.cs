using HafsModels.Inference;
using HafsModels.Tokenizers;

namespace HafsModels.Deployment;

/// <summary>A connection to one deployment.</summary>
public abstract class DeploymentSession : IAsyncDisposable
{
    /// <summary>The deployed model itself where it runs in this process, so that all its probabilities can be compared; else null.</summary>
    public virtual TextGenerator? Local => null;

    /// <summary>Whether <see cref="RenderAsync"/> is the backend's own rendering; else its chat answer is compared as well.</summary>
    public virtual bool RendersItself => true;

    /// <summary>Continues a prompt greedily.</summary>
    /// <param name="prompt">The prompt; backends that take token ids get those.</param>
    /// <param name="maxTokens">Most tokens to generate.</param>
    /// <param name="cancellationToken">Ends the work.</param>
    /// <exception cref="HafsException">The backend cannot be reached, refused, or broke off.</exception>
    public abstract Task<BackendReply> GenerateAsync(BackendPrompt prompt, int maxTokens, CancellationToken cancellationToken);

    /// <summary>Answers a conversation through the backend's own chat interface, greedily; null where it has none.</summary>
    public virtual Task<BackendReply?> ChatAsync(IReadOnlyList<ChatMessage> messages, int maxTokens, CancellationToken cancellationToken) => Task.FromResult<BackendReply?>(null);

    /// <summary>The prompt that the backend's own template makes of a conversation; null where it cannot tell.</summary>
    public virtual Task<string?> RenderAsync(IReadOnlyList<ChatMessage> messages, CancellationToken cancellationToken) => Task.FromResult<string?>(null);

    /// <summary>Token ids the backend makes of a text, special tokens parsed; null where it cannot tell.</summary>
    public virtual Task<IReadOnlyList<int>?> TokenizeAsync(string text, CancellationToken cancellationToken) => Task.FromResult<IReadOnlyList<int>?>(null);

    /// <summary>Memory the backend holds for the model, bytes; null where it cannot tell.</summary>
    public virtual Task<long?> MemoryAsync(CancellationToken cancellationToken) => Task.FromResult<long?>(null);

    /// <summary>Closes the connection; the deployment goes on.</summary>
    public virtual ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        return ValueTask.CompletedTask;
    }
}
