using System.Management.Automation;
using HafsModels.Conversion;
using HafsModels.PowerShell.Completion;

namespace HafsModels.PowerShell.Commands;

/// <summary><c>Measure-ModelQuantization</c>: what each tensor of a model would lose under a quantization; no model is written.</summary>
[Cmdlet(VerbsDiagnostic.Measure, "ModelQuantization", DefaultParameterSetName = ModelSet)]
[OutputType(typeof(TensorError))]
public sealed class MeasureModelQuantizationCommand : ModelSourceCmdlet
{
    /// <summary>Quantizations to compare, as Get-ModelQuantization lists them.</summary>
    [Parameter(Position = 1, HelpMessage = "Quantizations to compare; Get-ModelQuantization lists the names.")]
    [Alias("Quant")]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(QuantizationCompleter))]
    public string[] Quantization { get; set; } = ["Q4_K_M"];

    /// <summary>Importance matrix: a file of Measure-ModelImportance or llama-imatrix.</summary>
    [Parameter(HelpMessage = "Importance matrix file.")]
    [Alias("IMatrix")]
    [ValidateNotNullOrEmpty]
    public string? ImportanceMatrix { get; set; }

    /// <summary>Also measures how far the answers move when only that tensor is quantized: the Kullback-Leibler divergence, nats per token. The model is run once for each tensor.</summary>
    [Parameter(HelpMessage = "Also measure how far each tensor alone moves the answers.")]
    public SwitchParameter MeasureEffect { get; set; }

    /// <summary>Text the answers are compared on, in place of the built-in one.</summary>
    [Parameter(HelpMessage = "Text the answers are compared on.")]
    [ValidateNotNullOrEmpty]
    public string? EvaluationText { get; set; }

    /// <summary>Page (.html) or picture (.svg) to draw as well; with several quantizations their names are added to it.</summary>
    [Parameter(HelpMessage = "Page (.html) or picture (.svg) to draw as well.")]
    [ValidateNotNullOrEmpty]
    public string? Report { get; set; }

    /// <summary>Worker threads; 0 means one a processor.</summary>
    [Parameter(HelpMessage = "Worker threads; 0: one a processor.")]
    [ValidateRange(0, 1024)]
    public int Threads { get; set; }

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        foreach (string quantization in Quantization)
        {
            ForItem(Id ?? Path, () =>
            {
                var request = new ConvertRequest
                {
                    ModelId = SourceId,
                    Path = SourcePath,
                    Quantization = quantization,
                    ImportanceMatrix = FullPath(ImportanceMatrix),
                    EvaluationText = EvaluationText,
                    ReportPath = Report is null ? null : ReportOf(FullPath(Report), quantization),
                    Threads = Threads,
                    AllowRequantize = true,
                };
                Workbench workbench = Workbench();
                Perform(feed =>
                {
                    foreach (TensorError error in workbench.MeasureQuantization(request, MeasureEffect, feed, feed.Stop))
                        feed.Output(error);
                });
            });
        }
    }

    private string ReportOf(string path, string quantization) =>
        Quantization.Length == 1 ? path : System.IO.Path.ChangeExtension(path, null) + "-" + quantization + System.IO.Path.GetExtension(path);
}
