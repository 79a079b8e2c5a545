using System.Management.Automation;
using HafsModels.Conversion;

namespace HafsModels.PowerShell.Commands;

/// <summary><c>Split-Gguf</c>: makes several files of one GGUF model.</summary>
[Cmdlet(VerbsCommon.Split, "Gguf", SupportsShouldProcess = true, DefaultParameterSetName = SizeSet)]
[OutputType(typeof(FileInfo))]
public sealed class SplitGgufCommand : GgufFileCmdlet
{
    private const string SizeSet = "Size", TensorsSet = "Tensors";

    /// <summary>A GGUF file. Taken as it is written: no wildcards.</summary>
    [Parameter(Mandatory = true, Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true, HelpMessage = "A GGUF file.")]
    [Alias("LiteralPath", "PSPath", "FullName")]
    [ValidateNotNullOrEmpty]
    public string Path { get; set; } = "";

    /// <summary>Most bytes of tensors in a file, such as 2GB. A larger tensor gets a file of its own.</summary>
    [Parameter(Mandatory = true, ParameterSetName = SizeSet, HelpMessage = "Most bytes of tensors in a file, such as 2GB.")]
    [ValidateRange(1, long.MaxValue)]
    public long MaxSize { get; set; }

    /// <summary>Most tensors in a file.</summary>
    [Parameter(Mandatory = true, ParameterSetName = TensorsSet, HelpMessage = "Most tensors in a file.")]
    [ValidateRange(1, int.MaxValue)]
    public int MaxTensors { get; set; }

    /// <summary>What the names of the files begin with; the model's own name beside it without this.</summary>
    [Parameter(HelpMessage = "What the names of the files begin with; -00001-of-0000N.gguf is added.")]
    [Alias("OutFile")]
    [ValidateNotNullOrEmpty]
    public string? Prefix { get; set; }

    /// <summary>Puts metadata alone into the first file.</summary>
    [Parameter(HelpMessage = "Put metadata alone into the first file.")]
    public SwitchParameter NoTensorsInFirst { get; set; }

    /// <inheritdoc/>
    protected override void ProcessRecord() => ForItem(Path, () => Write("Split", passThru: true, () => GgufFileJob.Split(
        FullPath(Path),
        FullPath(Prefix),
        new GgufSplitLimits { MaxBytes = MaxSize, MaxTensors = MaxTensors, NoTensorsInFirst = NoTensorsInFirst })));
}
