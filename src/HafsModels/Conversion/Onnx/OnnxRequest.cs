namespace HafsModels.Conversion.Onnx;

/// <summary>What to export as ONNX, and how.</summary>
public sealed record OnnxRequest
{
    /// <summary>Registered model id, or null when <see cref="Path"/> names a folder directly.</summary>
    public string? ModelId { get; init; }

    /// <summary>Folder of a Hugging Face checkpoint, or of an adapter whose base model is at hand; null to use the registered model's path.</summary>
    public string? Path { get; init; }

    /// <summary>Folder of an adapter to merge into the model on the way, or the id of a registered one; null for none.</summary>
    public string? Adapter { get; init; }

    /// <summary>Names in <see cref="OnnxDataTypes.All"/>, any case.</summary>
    public IReadOnlyList<string> DataTypes { get; init; } = ["q4"];

    /// <summary>How weights are stored.</summary>
    public OnnxExportOptions Options { get; init; } = new();

    /// <summary>Which files lie beside the model.</summary>
    public OnnxLayout Layout { get; init; }

    /// <summary>Where it must run: what a backend cannot do is an error then, not a warning.</summary>
    public IReadOnlyList<OnnxBackend> Backends { get; init; } = [];

    /// <summary>Folder to write; null for <c>NAME-ONNX</c> in the model's folder.</summary>
    public string? OutputPath { get; init; }

    /// <summary>Worker threads; 0 for one a processor.</summary>
    public int Threads { get; init; }

    /// <summary>Do not run source and result on the same tokens afterwards.</summary>
    public bool SkipVerification { get; init; }

    /// <summary>Replace models that exist.</summary>
    public bool Force { get; init; }

    /// <summary>Export the text part of a model with towers for pictures or sound, instead of refusing it.</summary>
    public bool TextOnly { get; init; }
}
