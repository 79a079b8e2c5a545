namespace HafsModels.Architectures;

/// <summary>What all families share (<c>common.json</c>).</summary>
internal sealed record FamilyDefaults
{
    /// <summary>Formulas of values.</summary>
    public required IReadOnlyDictionary<string, IReadOnlyList<string>> Values { get; init; }

    /// <summary>GGUF metadata in the order the reference converter writes it.</summary>
    public required IReadOnlyList<FamilyData.MetadataRule> Metadata { get; init; }

    /// <summary>Config keys that change nothing in any family.</summary>
    public required IReadOnlyList<string> IgnoredKeys { get; init; }

    /// <summary>Beginnings of the names of tensors outside the text part of a model, with what they are.</summary>
    public required IReadOnlyDictionary<string, string> Towers { get; init; }

    /// <summary>Beginnings of the names of a text part inside a larger model, and what stands there in a model of text alone.</summary>
    public required IReadOnlyDictionary<string, string> TextPrefixes { get; init; }
}
