using HafsModels.Formats.Gguf;

namespace HafsModels.Conversion;

/// <summary>What a GGUF file says about itself beside what the checkpoint says.</summary>
public sealed record GgufExportOptions
{
    /// <summary>Name of the model, from which <c>general.name</c> is made where the model card has none.</summary>
    public required string Name { get; init; }

    /// <summary>Value of <c>general.author</c>; null for what the model card says.</summary>
    public string? Author { get; init; }

    /// <summary>Value of <c>general.description</c>; null for what the model card says.</summary>
    public string? Description { get; init; }

    /// <summary>Value of <c>general.license</c>; null for what the model card says.</summary>
    public string? License { get; init; }

    /// <summary>The base model, by its name on the hub or an address (<c>general.base_model.0.*</c>); null for what the model card says.</summary>
    public string? BaseModel { get; init; }

    /// <summary>Value of <c>general.quantized_by</c>; null for what the model card says.</summary>
    public string? QuantizedBy { get; init; }

    /// <summary>The training run it came out of (<c>entrenar.*</c>), or null.</summary>
    public ExperimentProvenance? Experiment { get; init; }

    /// <summary>Full paths of the weight files whose hashes the file states (<c>hafs.source.*</c>); none for no such keys.</summary>
    public IReadOnlyList<string> Sources { get; init; } = [];

    /// <summary>Folder whose README.md speaks for the model, such as that of a merged adapter; null for the model's own.</summary>
    public string? CardFolder { get; init; }

    /// <summary>Further metadata; a key that the conversion writes itself is replaced and keeps its type.</summary>
    public IReadOnlyDictionary<string, object> Metadata { get; init; } = new Dictionary<string, object>();
}
