using System.Management.Automation;
using HafsModels.PowerShell.Completion;
using HafsModels.Registry;

namespace HafsModels.PowerShell.Commands;

/// <summary><c>Compare-Model</c>: metrics, training, data, architecture and artifacts of two models side by side.</summary>
[Cmdlet(VerbsData.Compare, "Model")]
[OutputType(typeof(ModelDifference))]
public sealed class CompareModelCommand : RegistryCmdlet
{
    /// <summary>Id of the model to compare with.</summary>
    [Parameter(Mandatory = true, Position = 0, HelpMessage = "Id of the model to compare with.")]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(ModelIdCompleter))]
    public string ReferenceId { get; set; } = "";

    /// <summary>Id of the model to compare; each in turn.</summary>
    [Parameter(Mandatory = true, Position = 1, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true, HelpMessage = "Id of the model to compare.")]
    [Alias("Id", "ModelId")]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(ModelIdCompleter))]
    public string[] DifferenceId { get; set; } = [];

    /// <summary>Returns what is equal as well.</summary>
    [Parameter(HelpMessage = "Return what is equal as well.")]
    public SwitchParameter IncludeEqual { get; set; }

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        foreach (string id in DifferenceId)
        {
            ForItem(id, () =>
            {
                ModelRegistry registry = Workbench().Registry;
                WriteObject(ModelComparison.Compare(registry.Get(ReferenceId), registry.Get(id)).Where(d => IncludeEqual || !d.IsEqual), enumerateCollection: true);
            });
        }
    }
}
