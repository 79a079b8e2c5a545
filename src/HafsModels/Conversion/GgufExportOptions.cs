namespace HafsModels.Conversion;

/// <summary>What a GGUF file says about itself beside what the checkpoint says.</summary>
public sealed record GgufExportOptions
{
    /// <summary>Value of <c>general.name</c>.</summary>
    public required string Name { get; init; }

    /// <summary>Value of <c>general.author</c>, or null.</summary>
    public string? Author { get; init; }

    /// <summary>Value of <c>general.description</c>, or null.</summary>
    public string? Description { get; init; }

    /// <summary>Value of <c>general.license</c>, or null.</summary>
    public string? License { get; init; }

    /// <summary>Value of <c>general.base_model.0.name</c>, or null.</summary>
    public string? BaseModel { get; init; }

    /// <summary>Further metadata; a key that the conversion writes itself is replaced and keeps its type.</summary>
    public IReadOnlyDictionary<string, object> Metadata { get; init; } = new Dictionary<string, object>();
}
