using System.Collections;
using System.Management.Automation;
using HafsModels.Conversion;

namespace HafsModels.PowerShell.Commands;

/// <summary><c>Set-GgufMetadata</c>: changes what a GGUF file says about itself.</summary>
[Cmdlet(VerbsCommon.Set, "GgufMetadata", SupportsShouldProcess = true)]
[OutputType(typeof(FileInfo))]
public sealed class SetGgufMetadataCommand : GgufFileCmdlet
{
    /// <summary>A GGUF file; of a split model, the first. Taken as it is written: no wildcards.</summary>
    [Parameter(Mandatory = true, Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true, HelpMessage = "A GGUF file.")]
    [Alias("LiteralPath", "PSPath", "FullName")]
    [ValidateNotNullOrEmpty]
    public string Path { get; set; } = "";

    /// <summary>Keys and values to set. A key that is there keeps its place and type; a new whole number becomes u32, another number f32.</summary>
    [Parameter(Position = 1, HelpMessage = "Keys and values to set.")]
    public Hashtable? Metadata { get; set; }

    /// <summary>Keys to remove.</summary>
    [Parameter(HelpMessage = "Keys to remove.")]
    public string[] Remove { get; set; } = [];

    /// <summary>File to write instead of replacing the one that is read.</summary>
    [Parameter(HelpMessage = "File to write; default: the file itself is replaced.")]
    [Alias("OutFile")]
    [ValidateNotNullOrEmpty]
    public string? OutputPath { get; set; }

    /// <summary>Emits the file that was written.</summary>
    [Parameter(HelpMessage = "Emit the file that was written.")]
    public SwitchParameter PassThru { get; set; }

    /// <inheritdoc/>
    protected override void ProcessRecord() => ForItem(Path, () => Write("Change metadata", PassThru, () => GgufFileJob.Edit(
        FullPath(Path),
        FullPath(OutputPath),
        Plain.Table(Metadata).OrderBy(m => m.Key, StringComparer.Ordinal),
        Remove)));
}
