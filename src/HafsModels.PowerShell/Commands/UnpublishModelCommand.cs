using System.Management.Automation;
using HafsModels.Deployment;
using HafsModels.PowerShell.Completion;
using HafsModels.Registry;

namespace HafsModels.PowerShell.Commands;

/// <summary><c>Unpublish-Model</c>: ends deployments of a model and forgets them.</summary>
[Cmdlet(VerbsData.Unpublish, "Model", SupportsShouldProcess = true, ConfirmImpact = ConfirmImpact.Medium)]
[OutputType(typeof(UnpublishResult))]
public sealed class UnpublishModelCommand : RegistryCmdlet
{
    /// <summary>Id of the model.</summary>
    [Parameter(Mandatory = true, Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true, HelpMessage = "Id of a registered model.")]
    [Alias("ModelId")]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(ModelIdCompleter))]
    public string Id { get; set; } = "";

    /// <summary>Backend of the deployments to end; all without it.</summary>
    [Parameter(Position = 1, ValueFromPipelineByPropertyName = true, HelpMessage = "Backend of the deployments to end; default: all.")]
    [ArgumentCompleter(typeof(BackendCompleter))]
    public string? Backend { get; set; }

    /// <summary>Name under which the backend serves it; any without it.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true, HelpMessage = "Name under which the backend serves it.")]
    public string? Name { get; set; }

    /// <summary>The key of the backend, as the password; the user name does not matter.</summary>
    [Parameter(HelpMessage = "The key of the backend, as the password.")]
    [Credential]
    public PSCredential? Credential { get; set; }

    /// <summary>Forget a deployment also when its backend cannot be reached or refuses.</summary>
    [Parameter(HelpMessage = "Forget a deployment also when its backend cannot be reached.")]
    public SwitchParameter Force { get; set; }

    /// <inheritdoc/>
    protected override void ProcessRecord() => ForItem(Id, () =>
    {
        Workbench workbench = Workbench();
        var request = new UnpublishRequest
        {
            ModelId = Id,
            Backend = string.IsNullOrEmpty(Backend) ? null : Backend,
            Name = string.IsNullOrEmpty(Name) ? null : Name,
            Key = Credential?.GetNetworkCredential().Password,
            Force = Force,
        };
        foreach (ModelDeployment deployment in workbench.Deployments(request))
        {
            string what = $"End {deployment.ModelId} on {deployment.Backend} as '{deployment.Name}' ({deployment.Endpoint})";
            if (!ShouldProcess(what + ".", what + "?", "Unpublish-Model"))
                continue;
            UnpublishRequest one = request with { Backend = deployment.Backend, Name = deployment.Name };
            Perform(feed =>
            {
                foreach (UnpublishResult result in workbench.UnpublishAsync(one, feed, feed.Stop).GetAwaiter().GetResult())
                    feed.Output(result);
            });
        }
    });
}
