using HafsModels.Inference;

namespace HafsModels.Registry;

/// <summary>Result of testing a deployment: it was prompted, and its answers were compared with those of the source checkpoint.</summary>
public sealed record DeploymentTest
{
    /// <summary>Id of the model.</summary>
    public required string ModelId { get; init; }

    /// <summary>Backend that was tested.</summary>
    public required string Backend { get; init; }

    /// <summary>Name under which the backend serves it.</summary>
    public required string Name { get; init; }

    /// <summary>Whether every check passed.</summary>
    public required bool Passed { get; init; }

    /// <summary>One sentence: why it failed, or what was shown.</summary>
    public required string Message { get; init; }

    /// <summary>The comparison with the source; null when the source could not be run (the message says why).</summary>
    public Fidelity? Fidelity { get; init; }

    /// <summary>Everything that was looked at, in order.</summary>
    public IReadOnlyList<DeploymentCheck> Checks { get; init; } = [];

    /// <summary>What else is worth knowing, such as that the server had to be started again.</summary>
    public IReadOnlyList<string> Notes { get; init; } = [];

    /// <summary>Positions at which chosen tokens were compared with the source's first choice after the same tokens.</summary>
    public int ComparedTokens { get; init; }

    /// <summary>Share of those where both are the same, 0 to 1.</summary>
    public double TokenAgreement { get; init; }

    /// <summary>Mean absolute difference of the log-probabilities that both give the chosen tokens, nats; null where the backend tells none.</summary>
    public double? MeanLogProbDifference { get; init; }

    /// <summary>Largest such difference, nats.</summary>
    public double? MaxLogProbDifference { get; init; }

    /// <summary>Whether the backend's template feeds the model what the model's own template renders; null where there is none or it could not be told.</summary>
    public bool? TemplateMatches { get; init; }

    /// <summary>Memory the backend holds for the model, bytes; null where it cannot tell.</summary>
    public long? MemoryBytes { get; init; }

    /// <summary>Prompt and answer of each sample.</summary>
    public IReadOnlyList<DeploymentAnswer> Answers { get; init; } = [];

    /// <summary>Time to the first token of the first prompt, milliseconds.</summary>
    public double FirstTokenMilliseconds { get; init; }

    /// <summary>Generation speed, tokens per second.</summary>
    public double TokensPerSecond { get; init; }

    /// <summary>When the test ran, UTC.</summary>
    public DateTimeOffset TestedAt { get; init; }
}
