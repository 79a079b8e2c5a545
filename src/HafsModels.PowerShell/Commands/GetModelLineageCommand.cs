using System.Management.Automation;
using HafsModels.PowerShell.Completion;
using HafsModels.Registry;

namespace HafsModels.PowerShell.Commands;

/// <summary><c>Get-ModelLineage</c>: what a model came from, and what was made of it.</summary>
[Cmdlet(VerbsCommon.Get, "ModelLineage")]
[OutputType(typeof(LineageLink))]
public sealed class GetModelLineageCommand : RegistryCmdlet
{
    /// <summary>Id of the model; family@version and family@alias are allowed.</summary>
    [Parameter(Mandatory = true, Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true, HelpMessage = "Id of a registered model.")]
    [Alias("ModelId")]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(ModelIdCompleter))]
    public string Id { get; set; } = "";

    /// <summary>SVG file to draw the lineage to as well; replaced if it exists.</summary>
    [Parameter(HelpMessage = "SVG file to draw the lineage to as well.")]
    [ValidateNotNullOrEmpty]
    public string? SvgPath { get; set; }

    /// <inheritdoc/>
    protected override void ProcessRecord() => ForItem(Id, () =>
    {
        ModelRegistry registry = Workbench().Registry;
        IReadOnlyList<LineageLink> links = registry.Lineage(Id);
        if (SvgPath is not null)
            File.WriteAllText(FullPath(SvgPath), LineageDrawing.Draw(registry.Get(Id).Id, links));
        WriteObject(links, enumerateCollection: true);
    });
}
