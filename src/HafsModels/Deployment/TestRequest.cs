namespace HafsModels.Deployment;

/// <summary>Which deployment to test, and how strictly.</summary>
public sealed record TestRequest
{
    /// <summary>Registered model id.</summary>
    public required string ModelId { get; init; }

    /// <summary>Backend; null for the newest deployment.</summary>
    public string? Backend { get; init; }

    /// <summary>Name under which the backend serves it; null for any.</summary>
    public string? Name { get; init; }

    /// <summary>Prompts to generate for; empty for the built-in ones.</summary>
    public IReadOnlyList<string> Prompts { get; init; } = [];

    /// <summary>Text on which source and result are compared; null for the built-in one.</summary>
    public string? EvaluationText { get; init; }

    /// <summary>Tokens to generate for each prompt.</summary>
    public int MaxTokens { get; init; } = 24;

    /// <summary>Largest mean Kullback-Leibler divergence that passes, nats per token.</summary>
    public double MaxKlDivergence { get; init; } = 0.1;

    /// <summary>Smallest share of equal first choices that passes, 0 to 1.</summary>
    public double MinTop1Agreement { get; init; } = 0.8;
}
