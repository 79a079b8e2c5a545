using System.Management.Automation;
using HafsModels.PowerShell.Completion;
using HafsModels.Transfer;

namespace HafsModels.PowerShell.Commands;

/// <summary><c>Send-Model</c>: sends a model to another machine, through a mount or ssh.</summary>
[Cmdlet(VerbsCommunications.Send, "Model", SupportsShouldProcess = true)]
[OutputType(typeof(TransferResult))]
public sealed class SendModelCommand : RegistryCmdlet
{
    /// <summary>Id of the model.</summary>
    [Parameter(Mandatory = true, Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true, HelpMessage = "Id of a registered model.")]
    [Alias("ModelId")]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(ModelIdCompleter))]
    public string Id { get; set; } = "";

    /// <summary>Machine it goes to: a host of sync.toml or one that ssh knows, with :PATH of the folder to write; without a path it is models/ID in the account's home folder.</summary>
    [Parameter(Mandatory = true, Position = 1, HelpMessage = "Machine it goes to, or HOST:PATH.")]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(HostCompleter))]
    public string Destination { get; set; } = "";

    /// <summary>Name of the copy among the model's locations; without it the host's.</summary>
    [Parameter(HelpMessage = "Name of the copy among the model's locations; default: the host's.")]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(LocationCompleter))]
    public string? Location { get; set; }

    /// <inheritdoc/>
    protected override void ProcessRecord() => ForItem(Id, () =>
    {
        Workbench workbench = Workbench();
        var request = new TransferRequest { ModelId = Id, Host = Destination, Location = Location };
        TransferPlan plan = workbench.PlanSend(request);
        if (ShouldProcess(Destination, $"Send {plan.ModelId} from {plan.From} to {plan.To} by {plan.Method}"))
            Perform(feed => feed.Output(workbench.SendAsync(request, feed, feed.Stop).GetAwaiter().GetResult()));
    });
}
