using HafsModels.Conversion;
using HafsModels.Registry;
using HafsModels.Tensors;

namespace HafsModels.Exports;

/// <summary>Which model to export, in which formats, and how.</summary>
public sealed record ExportRequest
{
    /// <summary>Type of GGUF files unless the request says otherwise.</summary>
    public const string DefaultQuantization = "Q4_K_M";

    /// <summary>Registered model, also as <c>name@version</c>; null when <see cref="Path"/> names a folder or file directly.</summary>
    public string? ModelId { get; init; }

    /// <summary>Folder of a Hugging Face checkpoint, or of an adapter whose base model is at hand, or a GGUF file; null to use the registered model's path.</summary>
    public string? Path { get; init; }

    /// <summary>Names of formats in <see cref="ExportFormats.All"/>, any case.</summary>
    public required IReadOnlyList<string> Formats { get; init; }

    /// <summary>Folder that takes the exports, each as <c>MODEL/FORMAT</c>; null for <c>exports</c> in the model's folder.</summary>
    public string? OutputPath { get; init; }

    /// <summary>Folder of an adapter to merge into the model on the way, or the id of a registered one; null for none.</summary>
    public string? Adapter { get; init; }

    /// <summary>Types of the GGUF files, names of recipes; the first is the main one.</summary>
    public IReadOnlyList<string> Quantizations { get; init; } = [DefaultQuantization];

    /// <summary>Types of ONNX graphs, names in <see cref="Conversion.Onnx.OnnxDataTypes.All"/>.</summary>
    public IReadOnlyList<string> OnnxDataTypes { get; init; } = ["q4"];

    /// <summary>File of an importance matrix for quantization, or null.</summary>
    public string? ImportanceMatrix { get; init; }

    /// <summary>Most bytes of tensors in one safetensors file.</summary>
    public long MaxShardBytes { get; init; } = MergeRequest.DefaultShardBytes;

    /// <summary>Type of the weights in safetensors files; null to store each as the model does.</summary>
    public ElementType? DataType { get; init; }

    /// <summary>System message that goes with the model, or null.</summary>
    public string? System { get; init; }

    /// <summary>Go template for Ollama instead of the one derived from the model's chat template, or null.</summary>
    public string? Template { get; init; }

    /// <summary>Parameters for Ollama beside those that the model's own files give, or instead of them.</summary>
    public IReadOnlyDictionary<string, string> Parameters { get; init; } = new Dictionary<string, string>();

    /// <summary>Licence, an SPDX identifier at best; null for what the model's files say.</summary>
    public string? License { get; init; }

    /// <summary>The base model by its name on the hub; null for what the model's files say.</summary>
    public string? BaseModel { get; init; }

    /// <summary>Name of the folder of all your models in LM Studio.</summary>
    public string Publisher { get; init; } = "local";

    /// <summary>Quantize tensors of a GGUF source that were quantized before.</summary>
    public bool AllowRequantize { get; init; }

    /// <summary>Convert the text part of a model with towers for pictures or sound, instead of refusing it.</summary>
    public bool TextOnly { get; init; }

    /// <summary>Worker threads; 0 for one a processor.</summary>
    public int Threads { get; init; }

    /// <summary>Do not open and run what was written.</summary>
    public bool SkipVerification { get; init; }

    /// <summary>Write again what is unchanged, and replace exports of other models or that were changed by hand.</summary>
    public bool Force { get; init; }

    /// <summary>The record of the model, whose facts go into a model card; null when it is not registered.</summary>
    internal Model? Record { get; init; }

    /// <summary>What conversion to GGUF is told of the model.</summary>
    internal ConvertRequest Conversion { get; init; } = new();
}
