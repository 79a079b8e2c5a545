using System.Management.Automation;
using HafsModels.Deployment;
using HafsModels.PowerShell.Completion;

namespace HafsModels.PowerShell.Commands;

/// <summary><c>Compare-ModelDeployment</c>: two deployments on the same prompts.</summary>
[Cmdlet(VerbsData.Compare, "ModelDeployment")]
[OutputType(typeof(DeploymentComparison))]
public sealed class CompareModelDeploymentCommand : RegistryCmdlet
{
    /// <summary>Id of the model to compare with.</summary>
    [Parameter(Mandatory = true, Position = 0, HelpMessage = "Id of the model to compare with.")]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(ModelIdCompleter))]
    public string ReferenceId { get; set; } = "";

    /// <summary>Id of the model to compare; each in turn. The same model on another backend is fine.</summary>
    [Parameter(Mandatory = true, Position = 1, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true, HelpMessage = "Id of the model to compare.")]
    [Alias("Id", "ModelId")]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(ModelIdCompleter))]
    public string[] DifferenceId { get; set; } = [];

    /// <summary>Backend of the reference; its newest deployment without it.</summary>
    [Parameter(HelpMessage = "Backend of the reference; default: its newest deployment.")]
    [ArgumentCompleter(typeof(BackendCompleter))]
    public string? ReferenceBackend { get; set; }

    /// <summary>Backend of the other; its newest deployment without it.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true, HelpMessage = "Backend of the other; default: its newest deployment.")]
    [Alias("Backend")]
    [ArgumentCompleter(typeof(BackendCompleter))]
    public string? DifferenceBackend { get; set; }

    /// <summary>Name of the reference on its backend; any without it.</summary>
    [Parameter(HelpMessage = "Name of the reference on its backend.")]
    public string? ReferenceName { get; set; }

    /// <summary>Name of the other on its backend; any without it.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true, HelpMessage = "Name of the other on its backend.")]
    [Alias("Name")]
    public string? DifferenceName { get; set; }

    /// <summary>Prompts to ask, in place of the built-in ones.</summary>
    [Parameter(HelpMessage = "Prompts to ask, in place of the built-in ones.")]
    [ValidateNotNullOrEmpty]
    public string[] Prompt { get; set; } = [];

    /// <summary>File of prompts with expected answers: a JSON array, an object a line (.jsonl), or a prompt a line.</summary>
    [Parameter(HelpMessage = "File of prompts with expected answers: .json, .jsonl, or a prompt a line.")]
    [ValidateNotNullOrEmpty]
    public string? PromptFile { get; set; }

    /// <summary>Continue the prompts as plain text, also where a model has a chat template.</summary>
    [Parameter(HelpMessage = "Continue the prompts as plain text, without the chat template.")]
    public SwitchParameter Raw { get; set; }

    /// <summary>Tokens to generate for each prompt.</summary>
    [Parameter(HelpMessage = "Tokens to generate for each prompt.")]
    [ValidateRange(1, 4096)]
    public int MaxTokens { get; set; } = 64;

    /// <summary>The key of the backends, as the password; the user name does not matter.</summary>
    [Parameter(HelpMessage = "The key of the backends, as the password.")]
    [Credential]
    public PSCredential? Credential { get; set; }

    /// <summary>Page (.html) or picture (.svg) with charts to write as well.</summary>
    [Parameter(HelpMessage = "Page (.html) or picture (.svg) with charts to write as well.")]
    [ValidateNotNullOrEmpty]
    public string? Report { get; set; }

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        foreach (string id in DifferenceId)
        {
            ForItem(id, () =>
            {
                var request = new CompareRequest
                {
                    ReferenceId = ReferenceId,
                    DifferenceId = id,
                    ReferenceBackend = Some(ReferenceBackend),
                    DifferenceBackend = Some(DifferenceBackend),
                    ReferenceName = Some(ReferenceName),
                    DifferenceName = Some(DifferenceName),
                    Prompts = new TestRequest
                    {
                        ModelId = id,
                        Prompts = Prompt,
                        PromptFile = FullPath(PromptFile),
                        Raw = Raw,
                        MaxTokens = MaxTokens,
                        Key = Credential?.GetNetworkCredential().Password,
                    },
                    ReportPath = FullPath(Report),
                };
                Workbench workbench = Workbench();
                Perform(feed => feed.Output(workbench.CompareAsync(request, feed, feed.Stop).GetAwaiter().GetResult()));
            });
        }
    }

    private static string? Some(string? text) => string.IsNullOrEmpty(text) ? null : text;
}
