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
        };
        Workbench workbench = Workbench();
        Perform(feed => feed.Output(workbench.TestAsync(request, feed, feed.Stop).GetAwaiter().GetResult()));
    });
}
