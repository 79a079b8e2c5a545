using System.Management.Automation;
using HafsModels.Deployment;
using HafsModels.PowerShell.Completion;
using HafsModels.Registry;

namespace HafsModels.PowerShell.Commands;

/// <summary><c>Test-ModelDeployment</c>: prompts a deployment and compares its answers with those of the source checkpoint.</summary>
[Cmdlet(VerbsDiagnostic.Test, "ModelDeployment")]
[OutputType(typeof(DeploymentTest))]
public sealed class TestModelDeploymentCommand : RegistryCmdlet
{
    /// <summary>Id of the model.</summary>
    [Parameter(Mandatory = true, Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true, HelpMessage = "Id of a registered model.")]
    [Alias("ModelId")]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(ModelIdCompleter))]
    public string Id { get; set; } = "";

    /// <summary>Backend of the deployment; the newest deployment without it.</summary>
    [Parameter(Position = 1, ValueFromPipelineByPropertyName = true, HelpMessage = "Backend of the deployment; default: the newest deployment.")]
    [ArgumentCompleter(typeof(BackendCompleter))]
    public string? Backend { get; set; }

    /// <summary>Name under which the backend serves it; any without it.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true, HelpMessage = "Name under which the backend serves it.")]
    public string? Name { get; set; }

    /// <summary>Prompts to generate for, in place of the built-in ones.</summary>
    [Parameter(HelpMessage = "Prompts to generate for, in place of the built-in ones.")]
    [ValidateNotNullOrEmpty]
    public string[] Prompt { get; set; } = [];

    /// <summary>File of prompts with expected answers: a JSON array, an object a line (.jsonl), or a prompt a line; docs/deployment.md has the keys.</summary>
    [Parameter(HelpMessage = "File of prompts with expected answers: .json, .jsonl, or a prompt a line.")]
    [ValidateNotNullOrEmpty]
    public string? PromptFile { get; set; }

    /// <summary>Continue the prompts as plain text, also where the model has a chat template.</summary>
    [Parameter(HelpMessage = "Continue the prompts as plain text, without the chat template.")]
    public SwitchParameter Raw { get; set; }

    /// <summary>The key of the backend, as the password; the user name does not matter.</summary>
    [Parameter(HelpMessage = "The key of the backend, as the password.")]
    [Credential]
    public PSCredential? Credential { get; set; }

    /// <summary>Text on which source and result are compared, in place of the built-in one.</summary>
    [Parameter(HelpMessage = "Text on which source and result are compared.")]
    [ValidateNotNullOrEmpty]
    public string? EvaluationText { get; set; }

    /// <summary>Tokens to generate for each prompt.</summary>
    [Parameter(HelpMessage = "Tokens to generate for each prompt.")]
    [ValidateRange(1, 4096)]
    public int MaxTokens { get; set; } = 24;

    /// <summary>Largest mean Kullback-Leibler divergence that passes, in nats per token.</summary>
    [Parameter(HelpMessage = "Largest mean Kullback-Leibler divergence that passes, nats per token.")]
    [ValidateRange(0.0, 100.0)]
    public double MaxKlDivergence { get; set; } = 0.1;

    /// <summary>Smallest share of equal first choices that passes, 0 to 1.</summary>
    [Parameter(HelpMessage = "Smallest share of equal first choices that passes, 0 to 1.")]
    [ValidateRange(0.0, 1.0)]
    public double MinTop1Agreement { get; set; } = 0.8;

    /// <summary>Smallest share of generated tokens that passes which the source would have chosen too, 0 to 1.</summary>
    [Parameter(HelpMessage = "Smallest share of generated tokens that passes which the source would have chosen too, 0 to 1.")]
    [ValidateRange(0.0, 1.0)]
    public double MinTokenAgreement { get; set; } = 0.8;

    /// <summary>Largest mean difference of the log-probabilities of generated tokens that passes, in nats.</summary>
    [Parameter(HelpMessage = "Largest mean difference of the log-probabilities of generated tokens that passes, nats.")]
    [ValidateRange(0.0, 100.0)]
    public double MaxLogProbDifference { get; set; } = 0.15;

    /// <summary>Longest time to the first token that passes, in milliseconds; any without it.</summary>
    [Parameter(HelpMessage = "Longest time to the first token that passes, milliseconds.")]
    [ValidateRange(0.0, 1e9)]
    public double? MaxFirstTokenMilliseconds { get; set; }

    /// <summary>Lowest speed that passes, in tokens per second; any without it.</summary>
    [Parameter(HelpMessage = "Lowest speed that passes, tokens per second.")]
    [ValidateRange(0.0, 1e9)]
    public double? MinTokensPerSecond { get; set; }

    /// <summary>Most memory of the backend that passes, in bytes (2GB is 2147483648); any without it, and where the backend cannot tell.</summary>
    [Parameter(HelpMessage = "Most memory of the backend that passes, bytes.")]
    [ValidateRange(1L, long.MaxValue)]
    public long? MaxMemory { get; set; }

    /// <summary>File to write the result to as JUnit XML, for build servers; also written when the test cannot be made.</summary>
    [Parameter(HelpMessage = "File to write the result to as JUnit XML.")]
    [ValidateNotNullOrEmpty]
    public string? JUnitPath { get; set; }

    /// <summary>File to write the result to as JSON; also written when the test cannot be made.</summary>
    [Parameter(HelpMessage = "File to write the result to as JSON.")]
    [ValidateNotNullOrEmpty]
    public string? JsonPath { get; set; }

    /// <summary>File to which a line is appended for each test, also for one that could not be made: for scheduled tasks.</summary>
    [Parameter(HelpMessage = "File to which a line is appended for each test.")]
    [ValidateNotNullOrEmpty]
    public string? LogPath { get; set; }

    /// <summary>Write that line to the Windows event log; where that cannot be written, to -LogPath, else to hafs.log beside the registry.</summary>
    [Parameter(HelpMessage = "Write a line for each test to the Windows event log, else to a file.")]
    public SwitchParameter EventLog { get; set; }

    /// <inheritdoc/>
    protected override void ProcessRecord() => ForItem(Id, () =>
    {
        var request = new TestRequest
        {
            ModelId = Id,
            Backend = string.IsNullOrEmpty(Backend) ? null : Backend,
            Name = string.IsNullOrEmpty(Name) ? null : Name,
            Prompts = Prompt,
            EvaluationText = EvaluationText,
            MaxTokens = MaxTokens,
            MaxKlDivergence = MaxKlDivergence,
            MinTop1Agreement = MinTop1Agreement,
            PromptFile = FullPath(PromptFile),
            Raw = Raw,
            Key = Credential?.GetNetworkCredential().Password,
            MinTokenAgreement = MinTokenAgreement,
            MaxLogProbDifference = MaxLogProbDifference,
            MaxFirstTokenMilliseconds = MaxFirstTokenMilliseconds,
            MinTokensPerSecond = MinTokensPerSecond,
            MaxMemoryBytes = MaxMemory,
            LogPath = FullPath(LogPath),
            EventLog = EventLog,
            JUnitPath = FullPath(JUnitPath),
            JsonPath = FullPath(JsonPath),
        };
        Workbench workbench = Workbench();
        Perform(feed => feed.Output(workbench.TestAsync(request, feed, feed.Stop).GetAwaiter().GetResult()));
    });
}
