namespace HafsModels.Inference;

/// <summary>How long to generate, and how.</summary>
public sealed record GenerationOptions
{
    /// <summary>Most tokens to generate; fewer when a stop token comes or the context is full.</summary>
    public int MaxTokens { get; init; } = 128;

    /// <summary>How each token is chosen; greedily by default.</summary>
    public SamplingOptions Sampling { get; init; } = new();

    /// <summary>Tokens that end the text; they are not part of it. The tokens that end a text or a turn by the model's own account belong here.</summary>
    public IReadOnlyCollection<int> StopTokens { get; init; } = [];
}
