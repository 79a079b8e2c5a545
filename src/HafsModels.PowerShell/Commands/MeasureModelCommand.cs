using System.Management.Automation;
using HafsModels.Measurement;
using HafsModels.PowerShell.Completion;

namespace HafsModels.PowerShell.Commands;

/// <summary><c>Measure-Model</c>: perplexity, divergence from the source and speed of a model and the GGUF files made of it.</summary>
[Cmdlet(VerbsDiagnostic.Measure, "Model")]
[OutputType(typeof(ModelMeasurement))]
public sealed class MeasureModelCommand : RegistryCmdlet
{
    /// <summary>Id of a registered model.</summary>
    [Parameter(Mandatory = true, Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true, HelpMessage = "Id of a registered model.")]
    [Alias("ModelId")]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(ModelIdCompleter))]
    public string Id { get; set; } = "";

    /// <summary>Quantizations of its GGUF files to measure; all without it, and without -GgufPath.</summary>
    [Parameter(Position = 1, HelpMessage = "Quantizations of its GGUF files to measure.")]
    [Alias("Quant")]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(QuantizationCompleter))]
    public string[] Quantization { get; set; } = [];

    /// <summary>Further GGUF files made of the model, registered or not.</summary>
    [Parameter(HelpMessage = "Further GGUF files made of the model.")]
    [ValidateNotNullOrEmpty]
    public string[] GgufPath { get; set; } = [];

    /// <summary>Text to predict, in place of the built-in one.</summary>
    [Parameter(HelpMessage = "Text to predict, in place of the built-in one.")]
    [ValidateNotNullOrEmpty]
    public string? EvaluationText { get; set; }

    /// <summary>File with the text to predict.</summary>
    [Parameter(HelpMessage = "File with the text to predict.")]
    [ValidateNotNullOrEmpty]
    public string? EvaluationPath { get; set; }

    /// <summary>Most tokens of the text; 0 for 1,536, and fewer for large models so that it takes minutes at most.</summary>
    [Parameter(HelpMessage = "Most tokens of the text.")]
    [ValidateRange(0, int.MaxValue)]
    public int MaxTokens { get; set; }

    /// <summary>Page (.html) or picture (.svg) with charts to write as well.</summary>
    [Parameter(HelpMessage = "Page (.html) or picture (.svg) with charts to write as well.")]
    [ValidateNotNullOrEmpty]
    public string? Report { get; set; }

    /// <summary>Worker threads; 0 means one a processor.</summary>
    [Parameter(HelpMessage = "Worker threads; 0: one a processor.")]
    [ValidateRange(0, 1024)]
    public int Threads { get; set; }

    /// <inheritdoc/>
    protected override void ProcessRecord() => ForItem(Id, () =>
    {
        var request = new MeasureRequest
        {
            ModelId = Id,
            Quantizations = Quantization,
            Paths = [.. GgufPath.Select(p => FullPath(p))],
            EvaluationText = EvaluationText ?? (EvaluationPath is null ? null : File.ReadAllText(FullPath(EvaluationPath))),
            MaxTokens = MaxTokens,
            Threads = Threads,
            ReportPath = FullPath(Report),
        };
        Workbench workbench = Workbench();
        Perform(feed =>
        {
            foreach (ModelMeasurement measurement in workbench.Measure(request, feed, feed.Stop))
                feed.Output(measurement);
        });
    });
}
