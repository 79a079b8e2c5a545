using HafsModels.Deployment.Testing;

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

    /// <summary>What proves who asks; null for the environment's or none.</summary>
    public string? Key { get; init; }

    /// <summary>Prompts to generate for; empty, and no file either, for the built-in ones.</summary>
    public IReadOnlyList<string> Prompts { get; init; } = [];

    /// <summary>File of prompts with expected answers (docs/deployment.md), beside <see cref="Prompts"/>; null for none.</summary>
    public string? PromptFile { get; init; }

    /// <summary>Continue the prompts as plain text, also where the model has a chat template.</summary>
    public bool Raw { get; init; }

    /// <summary>Text on which source and result are compared where the model runs in this process; null for the built-in one.</summary>
    public string? EvaluationText { get; init; }

    /// <summary>Tokens to generate for each prompt.</summary>
    public int MaxTokens { get; init; } = 24;

    /// <summary>Largest mean Kullback-Leibler divergence that passes, nats per token.</summary>
    public double MaxKlDivergence { get; init; } = 0.1;

    /// <summary>Smallest share of equal first choices that passes, 0 to 1.</summary>
    public double MinTop1Agreement { get; init; } = 0.8;

    /// <summary>Smallest share of generated tokens that passes which the source would have chosen too, 0 to 1.</summary>
    public double MinTokenAgreement { get; init; } = 0.8;

    /// <summary>Largest mean difference of the log-probabilities of generated tokens that passes, nats.</summary>
    public double MaxLogProbDifference { get; init; } = 0.15;

    /// <summary>Longest time to the first token that passes, milliseconds; null for any.</summary>
    public double? MaxFirstTokenMilliseconds { get; init; }

    /// <summary>Lowest speed that passes, tokens per second; null for any.</summary>
    public double? MinTokensPerSecond { get; init; }

    /// <summary>Most memory of the backend that passes, bytes; null for any.</summary>
    public long? MaxMemoryBytes { get; init; }

    /// <summary>File to write the result to for build servers (JUnit XML), or null.</summary>
    public string? JUnitPath { get; init; }

    /// <summary>File to write the result to as JSON, or null.</summary>
    public string? JsonPath { get; init; }

    /// <summary>File to which a line is appended for each test, also for one that could not be made; null for none.</summary>
    public string? LogPath { get; init; }

    /// <summary>Write that line to the Windows event log; where that cannot be written, to <see cref="LogPath"/>, else to hafs.log beside the registry.</summary>
    public bool EventLog { get; init; }

    /// <summary>The prompts it asks for.</summary>
    /// <exception cref="HafsException">The file of prompts cannot be read.</exception>
    public IReadOnlyList<TestPrompt> AllPrompts()
    {
        List<TestPrompt> all = [.. Prompts.Select(text => new TestPrompt { Text = text, Raw = Raw })];
        if (PromptFile is { } file)
            all.AddRange(Testing.PromptFile.Read(file).Select(p => Raw ? p with { Raw = true } : p));
        return all.Count > 0 ? all : [.. TestPrompts.BuiltIn.Select(p => p with { Raw = Raw })];
    }
}
