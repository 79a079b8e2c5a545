using System.Collections;
using System.Globalization;
using System.Management.Automation;
using HafsModels.Conversion;
using HafsModels.Exports;
using HafsModels.PowerShell.Completion;
using HafsModels.Tensors;

namespace HafsModels.PowerShell.Commands;

/// <summary><c>Export-Model</c>: a model becomes folders that other programs load.</summary>
[Cmdlet(VerbsData.Export, "Model", SupportsShouldProcess = true, DefaultParameterSetName = ModelSet)]
[OutputType(typeof(ExportResult))]
public sealed class ExportModelCommand : ModelSourceCmdlet
{
    /// <summary>Formats: HuggingFace, Ollama, Gguf, LMStudio, Onnx. GGUF files of all of them are filled in one pass over the source.</summary>
    [Parameter(Mandatory = true, Position = 1, HelpMessage = "Formats: HuggingFace, Ollama, Gguf, LMStudio, Onnx.")]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(ExportFormatCompleter))]
    public string[] Format { get; set; } = [];

    /// <summary>Folder that takes the exports, each as MODEL/FORMAT; exports in the model's folder without it.</summary>
    [Parameter(Position = 2, HelpMessage = "Folder that takes the exports as MODEL/FORMAT; default: exports in the model's folder.")]
    [ValidateNotNullOrEmpty]
    public string? OutputPath { get; set; }

    /// <summary>Quantizations of GGUF files, as Get-ModelQuantization lists them; the first is the main one.</summary>
    [Parameter(HelpMessage = "Quantizations of GGUF files; Get-ModelQuantization lists the names.")]
    [Alias("Quant")]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(QuantizationCompleter))]
    public string[] Quantization { get; set; } = [ExportRequest.DefaultQuantization];

    /// <summary>Folder of a LoRA adapter, or the id of a registered one, to merge into the model on the way. A registered adapter as the model itself brings its base model along and needs none.</summary>
    [Parameter(HelpMessage = "Folder or id of a LoRA adapter to merge into the model on the way.")]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(ModelIdCompleter))]
    public string? MergeAdapter { get; set; }

    /// <summary>Importance matrix for quantization: a file of Measure-ModelImportance or llama-imatrix.</summary>
    [Parameter(HelpMessage = "Importance matrix: a file of Measure-ModelImportance or llama-imatrix.")]
    [Alias("IMatrix")]
    [ValidateNotNullOrEmpty]
    public string? ImportanceMatrix { get; set; }

    /// <summary>Most bytes of tensors in one safetensors file, such as 2GB; more are shared out over several files with an index.</summary>
    [Parameter(HelpMessage = "Most bytes of tensors in one safetensors file; default: 5,000,000,000.")]
    [ValidateRange(1, long.MaxValue)]
    public long ShardSize { get; set; } = MergeRequest.DefaultShardBytes;

    /// <summary>Type of safetensors weights: BF16, F16 or F32; without it each tensor keeps the model's.</summary>
    [Parameter(HelpMessage = "BF16, F16 or F32 for safetensors; default: the model's types.")]
    [ValidateSet("BF16", "F16", "F32")]
    public string? DataType { get; set; }

    /// <summary>Types of ONNX graphs, as Transformers.js calls them: fp32, fp16, q8, int8, uint8, q4, q4f16, bnb4; several with commas.</summary>
    [Parameter(HelpMessage = "Types of ONNX graphs: fp32, fp16, q8, int8, uint8, q4, q4f16, bnb4.")]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(OnnxDataTypeCompleter))]
    public string[] OnnxDataType { get; set; } = ["q4"];

    /// <summary>System message that goes with the model.</summary>
    [Parameter(HelpMessage = "System message that goes with the model.")]
    public string? System { get; set; }

    /// <summary>Go template for Ollama, in place of the one derived from the model's own chat template.</summary>
    [Parameter(HelpMessage = "Go template for Ollama; default: derived from the model's chat template.")]
    [ValidateNotNullOrEmpty]
    public string? Template { get; set; }

    /// <summary>Parameters for Ollama, name = value, beside those that the model's own files give, or instead of them.</summary>
    [Parameter(HelpMessage = "Parameters for Ollama, name = value.")]
    public Hashtable? Parameter { get; set; }

    /// <summary>Licence; an SPDX identifier is best. Else what the model's files say.</summary>
    [Parameter(HelpMessage = "Licence, such as MIT.")]
    public string? License { get; set; }

    /// <summary>Base model by its name on the hub; else what the model's files say.</summary>
    [Parameter(HelpMessage = "Base model by its name on the hub.")]
    [ArgumentCompleter(typeof(BaseModelCompleter))]
    public string? BaseModel { get; set; }

    /// <summary>Name of the folder of all your models in LM Studio.</summary>
    [Parameter(HelpMessage = "Name of the folder of your models in LM Studio.")]
    [ValidateNotNullOrEmpty]
    public string Publisher { get; set; } = "local";

    /// <summary>Quantizes tensors of a GGUF source that were quantized before, which loses more.</summary>
    [Parameter(HelpMessage = "Quantize tensors that were quantized before.")]
    public SwitchParameter AllowRequantize { get; set; }

    /// <summary>Converts the text part of a model with towers for pictures or sound, instead of refusing it.</summary>
    [Parameter(HelpMessage = "Convert the text part of a model that also reads pictures or sound.")]
    public SwitchParameter TextOnly { get; set; }

    /// <summary>Worker threads; 0 means one a processor.</summary>
    [Parameter(HelpMessage = "Worker threads; 0: one a processor.")]
    [ValidateRange(0, 1024)]
    public int Threads { get; set; }

    /// <summary>Does not open and run what was written.</summary>
    [Parameter(HelpMessage = "Do not open and run what was written.")]
    public SwitchParameter SkipVerification { get; set; }

    /// <summary>Writes again what is unchanged, and replaces exports of other models or that were changed by hand.</summary>
    [Parameter(HelpMessage = "Write again what is unchanged, and replace exports changed by hand.")]
    public SwitchParameter Force { get; set; }

    /// <inheritdoc/>
    protected override void ProcessRecord() => ForItem(Id ?? Path, () =>
    {
        var request = new ExportRequest
        {
            ModelId = SourceId,
            Path = SourcePath,
            Formats = Format,
            OutputPath = FullPath(OutputPath),
            Quantizations = Quantization,
            Adapter = AdapterOf(MergeAdapter),
            ImportanceMatrix = FullPath(ImportanceMatrix),
            MaxShardBytes = ShardSize,
            DataType = DataType is null ? null : Enum.Parse<ElementType>(DataType, ignoreCase: true),
            OnnxDataTypes = OnnxDataType,
            System = System,
            Template = Template,
            Parameters = (Parameter ?? []).Cast<DictionaryEntry>().ToDictionary(e => Plain.Text(e.Key), e => Plain.Text(e.Value)),
            License = License,
            BaseModel = BaseModel,
            Publisher = Publisher,
            AllowRequantize = AllowRequantize,
            TextOnly = TextOnly,
            Threads = Threads,
            SkipVerification = SkipVerification,
            Force = Force,
        };
        Workbench workbench = Workbench();
        IReadOnlyList<PlannedExport> plans = workbench.PlanExport(request);
        string[] wanted = [.. plans.Where(p => ShouldProcess(Sentence(p) + ".", Sentence(p) + "?", "Export-Model")).Select(p => p.Format)];
        if (wanted.Length == 0)
            return;
        Perform(feed =>
        {
            foreach (ExportResult result in workbench.Export(request with { Formats = wanted }, feed, feed.Stop))
            {
                foreach (string warning in result.Skipped ? [] : result.Warnings)
                    feed.Warn($"{result.Format}: {warning}");
                if (!result.Success)
                    feed.Warn($"{result.Format}: {result.Message}");
                feed.Output(result);
            }
        });
    });

    private static string Sentence(PlannedExport plan)
    {
        string state = plan.State switch
        {
            ExportState.Unchanged => ", where nothing has changed: nothing is written",
            ExportState.Replaces => ", replacing the export that exists",
            ExportState.NeedsForce => ", where something else exists (needs -Force)",
            _ => "",
        };
        string files = string.Join(", ", plan.Files.Select(f => string.Create(CultureInfo.InvariantCulture, $"{f.Key} ({f.Value:N0})")));
        return string.Create(CultureInfo.InvariantCulture, $"Export {plan.Model} to {plan.Format}: {plan.SizeBytes:N0} bytes to {plan.OutputPath}{state}: {files}");
    }
}
