using System.Management.Automation;
using HafsModels.PowerShell.Completion;
using HafsModels.Transfer;

namespace HafsModels.PowerShell.Commands;

/// <summary><c>Receive-Model</c>: brings a model from another machine, through a mount or ssh.</summary>
[Cmdlet(VerbsCommunications.Receive, "Model", SupportsShouldProcess = true)]
[OutputType(typeof(TransferResult))]
public sealed class ReceiveModelCommand : RegistryCmdlet
{
    /// <summary>Id of the model.</summary>
    [Parameter(Mandatory = true, Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true, HelpMessage = "Id of a registered model.")]
    [Alias("ModelId")]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(ModelIdCompleter))]
    public string Id { get; set; } = "";

    /// <summary>Machine it comes from: a host of sync.toml, a location of the record, or a host that ssh knows; HOST:PATH where the recorded path is not meant. Without it, the record's primary location.</summary>
    [Parameter(Position = 1, HelpMessage = "Machine it comes from, or HOST:PATH; default: the primary location.")]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(HostCompleter))]
    public string? Source { get; set; }

    /// <summary>Folder to write; one that is there takes the model inside it, unless it is a model's. Without it, local_models_dir of sync.toml (else ~/Code/hafs/models) and the id.</summary>
    [Parameter(Position = 2, HelpMessage = "Folder to write; default: the folder of models and the id.")]
    [ValidateNotNullOrEmpty]
    public string? Destination { get; set; }

    /// <summary>Name of this copy among the model's locations; without it mac, windows or cloud as this machine is, or its name where another copy is called that.</summary>
    [Parameter(HelpMessage = "Name of this copy among the model's locations.")]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(LocationCompleter))]
    public string? Location { get; set; }

    /// <inheritdoc/>
    protected override void ProcessRecord() => ForItem(Id, () =>
    {
        Workbench workbench = Workbench();
        var request = new TransferRequest { ModelId = Id, Host = Source, Destination = FullPath(Destination), Location = Location };
        TransferPlan plan = workbench.PlanReceive(request);
        if (ShouldProcess(plan.To, $"Receive {plan.ModelId} from {plan.From} by {plan.Method}"))
            Perform(feed => feed.Output(workbench.ReceiveAsync(request, feed, feed.Stop).GetAwaiter().GetResult()));
    });
}
