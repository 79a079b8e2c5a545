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

    /// <summary>Prompt and answer of each sample.</summary>
    public IReadOnlyList<DeploymentAnswer> Answers { get; init; } = [];

    /// <summary>Time to the first token of the first prompt, milliseconds.</summary>
    public double FirstTokenMilliseconds { get; init; }

    /// <summary>Generation speed, tokens per second.</summary>
    public double TokensPerSecond { get; init; }

    /// <summary>When the test ran, UTC.</summary>
    public DateTimeOffset TestedAt { get; init; }
}
