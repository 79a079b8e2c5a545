using System.Management.Automation;
using HafsModels.Inference;

namespace HafsModels.PowerShell.Commands;

/// <summary><c>Measure-ModelImportance</c>: runs a model over a text and writes how much each column of its weights counts.</summary>
[Cmdlet(VerbsDiagnostic.Measure, "ModelImportance", SupportsShouldProcess = true, DefaultParameterSetName = ModelSet)]
[OutputType(typeof(ModelImportance))]
public sealed class MeasureModelImportanceCommand : ModelSourceCmdlet
{
    /// <summary>Text file (UTF-8) the model is run over. What the model will be used for makes the best text; some hundred chunks are plenty.</summary>
    [Parameter(Mandatory = true, Position = 1, HelpMessage = "Text file the model is run over.")]
    [ValidateNotNullOrEmpty]
    public string TextPath { get; set; } = "";

    /// <summary>File to write; NAME.imatrix.gguf in the model's folder (beside a GGUF file) without it.</summary>
    [Parameter(HelpMessage = "File to write; default: NAME.imatrix.gguf in the model's folder.")]
    [Alias("OutFile")]
    [ValidateNotNullOrEmpty]
    public string? OutputPath { get; set; }

    /// <summary>Tokens of a chunk. Each chunk starts from an empty context; a model with a smaller context takes that.</summary>
    [Parameter(HelpMessage = "Tokens of a chunk.")]
    [ValidateRange(4, 1 << 20)]
    public int ContextLength { get; set; } = 512;

    /// <summary>Most chunks of the text to run; 0 means all.</summary>
    [Parameter(HelpMessage = "Most chunks to run; 0: all.")]
    [ValidateRange(0, int.MaxValue)]
    public int ChunkCount { get; set; }

    /// <summary>Measures the output head as well.</summary>
    [Parameter(HelpMessage = "Measure the output head as well.")]
    public SwitchParameter IncludeOutput { get; set; }

    /// <summary>Threads to compute with; 0 means one a processor.</summary>
    [Parameter(HelpMessage = "Threads to compute with; 0: one a processor.")]
    [ValidateRange(0, 1024)]
    public int Threads { get; set; }

    /// <summary>Replaces a file that exists.</summary>
    [Parameter(HelpMessage = "Replace a file that exists.")]
    public SwitchParameter Force { get; set; }

    /// <inheritdoc/>
    protected override void ProcessRecord() => ForItem(Id ?? Path, () =>
    {
        var request = new ImportanceRequest
        {
            ModelId = SourceId,
            Path = SourcePath,
            TextPath = FullPath(TextPath),
            OutputPath = FullPath(OutputPath),
            ContextLength = ContextLength,
            ChunkCount = ChunkCount,
            IncludeOutput = IncludeOutput,
            Threads = Threads,
            Force = Force,
        };
        Workbench workbench = Workbench();
        string what = $"Run {Id ?? Path} over {request.TextPath} and write {workbench.PlanImportance(request)}";
        if (ShouldProcess(what + ".", what + "?", "Measure-ModelImportance"))
            Perform(feed => feed.Output(workbench.MeasureImportance(request, feed, feed.Stop)));
    });
}
