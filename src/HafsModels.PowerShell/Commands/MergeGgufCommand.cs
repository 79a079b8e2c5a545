using System.Management.Automation;
using HafsModels.Conversion;

namespace HafsModels.PowerShell.Commands;

/// <summary><c>Merge-Gguf</c>: makes one file of a split GGUF model.</summary>
[Cmdlet(VerbsData.Merge, "Gguf", SupportsShouldProcess = true)]
[OutputType(typeof(FileInfo))]
public sealed class MergeGgufCommand : GgufFileCmdlet
{
    /// <summary>The first file of the model, NAME-00001-of-0000N.gguf; the others lie beside it. Taken as it is written: no wildcards.</summary>
    [Parameter(Mandatory = true, Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true, HelpMessage = "The first file of a split model.")]
    [Alias("LiteralPath", "PSPath", "FullName")]
    [ValidateNotNullOrEmpty]
    public string Path { get; set; } = "";

    /// <summary>File to write; NAME.gguf beside the parts without it.</summary>
    [Parameter(Position = 1, HelpMessage = "File to write; default: NAME.gguf beside the parts.")]
    [Alias("OutFile")]
    [ValidateNotNullOrEmpty]
    public string? OutputPath { get; set; }

    /// <inheritdoc/>
    protected override void ProcessRecord() => ForItem(Path, () => Write("Merge", passThru: true, () => GgufFileJob.Merge(FullPath(Path), FullPath(OutputPath))));
}
