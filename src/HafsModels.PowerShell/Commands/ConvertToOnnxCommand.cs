using System.Globalization;
using System.Management.Automation;
using HafsModels.Conversion.Onnx;
using HafsModels.PowerShell.Completion;
using HafsModels.Registry;

namespace HafsModels.PowerShell.Commands;

/// <summary><c>ConvertTo-Onnx</c>: writes a model as ONNX for Transformers.js or onnxruntime-genai, and runs it beside its source.</summary>
[Cmdlet(VerbsData.ConvertTo, "Onnx", SupportsShouldProcess = true, DefaultParameterSetName = ModelSet)]
[OutputType(typeof(Artifact))]
public sealed class ConvertToOnnxCommand : ModelSourceCmdlet
{
    /// <summary>Types to write, as Transformers.js calls them: fp32, fp16, q8, int8, uint8, q4, q4f16, bnb4; several with commas. q4 without it.</summary>
    [Parameter(Position = 1, HelpMessage = "Types: fp32, fp16, q8, int8, uint8, q4, q4f16, bnb4.")]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(OnnxDataTypeCompleter))]
    public string[] DataType { get; set; } = ["q4"];

    /// <summary>Folder of a LoRA adapter, or the id of a registered one, to merge into the model on the way.</summary>
    [Parameter(HelpMessage = "Folder or id of a LoRA adapter to merge into the model on the way.")]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(ModelIdCompleter))]
    public string? MergeAdapter { get; set; }

    /// <summary>For whom: TransformersJs (graphs in onnx/, for browsers and Node.js) or GenAi (model.onnx and genai_config.json, for onnxruntime-genai).</summary>
    [Parameter(HelpMessage = "TransformersJs or GenAi.")]
    public OnnxLayout Layout { get; set; }

    /// <summary>Where the model must run: Wasm, WebGpu, Native. What one of them cannot do is an error then, before anything is written, instead of a warning.</summary>
    [Parameter(HelpMessage = "Where it must run: Wasm, WebGpu, Native.")]
    public OnnxBackend[] Backend { get; set; } = [];

    /// <summary>Elements that share a scale in q4 and q4f16. 32 is right in every browser.</summary>
    [Parameter(HelpMessage = "Elements that share a scale in q4 and q4f16.")]
    [ValidateSet("16", "32", "64", "128")]
    public int BlockSize { get; set; } = 32;

    /// <summary>Gives each block of q4 and q4f16 a zero point: a little larger and more faithful.</summary>
    [Parameter(HelpMessage = "Give each block a zero point.")]
    public SwitchParameter Asymmetric { get; set; }

    /// <summary>What q4 and q4f16 allow a processor to round activations to: 0 nothing, 4 eight bits, which is fastest.</summary>
    [Parameter(HelpMessage = "0: exact activations, to 4: eight bits, fastest.")]
    [ValidateRange(0, 4)]
    public int AccuracyLevel { get; set; } = 4;

    /// <summary>Stores the embedding in 8 bits, which q8, int8 and uint8 do in any case.</summary>
    [Parameter(HelpMessage = "Store the embedding in 8 bits.")]
    public SwitchParameter QuantizeEmbedding { get; set; }

    /// <summary>Folder to write; NAME-ONNX in the model's folder without it.</summary>
    [Parameter(HelpMessage = "Folder to write; default: NAME-ONNX in the model's folder.")]
    [ValidateNotNullOrEmpty]
    public string? OutputPath { get; set; }

    /// <summary>Worker threads; 0 means one a processor.</summary>
    [Parameter(HelpMessage = "Worker threads; 0: one a processor.")]
    [ValidateRange(0, 1024)]
    public int Threads { get; set; }

    /// <summary>Does not run source and result on the same tokens afterwards.</summary>
    [Parameter(HelpMessage = "Do not run source and result on the same tokens afterwards.")]
    public SwitchParameter SkipVerification { get; set; }

    /// <summary>Replaces models that exist.</summary>
    [Parameter(HelpMessage = "Replace models that exist.")]
    public SwitchParameter Force { get; set; }

    /// <summary>Exports the text part of a model with towers for pictures or sound, instead of refusing it.</summary>
    [Parameter(HelpMessage = "Export the text part of a model that also reads pictures or sound.")]
    public SwitchParameter TextOnly { get; set; }

    /// <inheritdoc/>
    protected override void ProcessRecord() => ForItem(Id ?? Path, () =>
    {
        var request = new OnnxRequest
        {
            ModelId = SourceId,
            Path = SourcePath,
            Adapter = AdapterOf(MergeAdapter),
            DataTypes = DataType,
            Layout = Layout,
            Backends = Backend,
            Options = new OnnxExportOptions { BlockSize = BlockSize, Asymmetric = Asymmetric, AccuracyLevel = AccuracyLevel, QuantizeEmbedding = QuantizeEmbedding ? true : null },
            OutputPath = FullPath(OutputPath),
            Threads = Threads,
            SkipVerification = SkipVerification,
            Force = Force,
            TextOnly = TextOnly,
        };
        Workbench workbench = Workbench();
        OnnxPlan plan = workbench.PlanOnnx(request);
        foreach (string warning in plan.Warnings)
            WriteWarning(warning);
        string what = Sentence(plan);
        if (!ShouldProcess(what + ".", what + "?", "ConvertTo-Onnx"))
            return;
        Perform(feed =>
        {
            foreach (Artifact artifact in workbench.ConvertToOnnx(request, feed.Warn, feed, feed.Stop))
            {
                if (artifact.VerificationNote.Length > 0)
                    feed.Warn(artifact.VerificationNote);
                feed.Output(artifact);
            }
        });
    });

    private string Sentence(OnnxPlan plan)
    {
        string exists = !plan.OutputExists ? "" : Force ? ", replacing models that exist" : ", where a model exists already (needs -Force)";
        string models = string.Join(", ", plan.Models.Select(m => string.Create(CultureInfo.InvariantCulture, $"{m.DataType} ({m.Bytes:N0} bytes, {m.BitsPerWeight:0.00} bits per weight)")));
        return string.Create(CultureInfo.InvariantCulture, $"Write {plan.OutputBytes:N0} bytes to {plan.OutputPath}{exists}: {plan.Family} with {plan.ParameterCount:N0} parameters as {models} for {plan.Layout}, from {plan.Source}");
    }
}
