using System.Text.Json;
using System.Text.Json.Serialization;
using HafsModels.Formats.Gguf;

namespace HafsModels.Architectures;

/// <summary>What a family's JSON file says. Unknown members are errors, so a misspelt one cannot be ignored.</summary>
internal sealed record FamilyData
{
    /// <summary>Name of the family: the GGUF architecture.</summary>
    public required string Name { get; init; }

    /// <summary>Classes in config.json's <c>architectures</c> that belong to it.</summary>
    public required IReadOnlyList<string> Architectures { get; init; }

    /// <summary>Keys of config.json, best first, by value name (<see cref="DecoderValues"/>).</summary>
    public required IReadOnlyDictionary<string, IReadOnlyList<string>> Config { get; init; }

    /// <summary>The only values with which a config key leaves the maths as this family computes it; an absent key is allowed.</summary>
    public required IReadOnlyDictionary<string, IReadOnlyList<JsonElement>> Allowed { get; init; }

    /// <summary>Types of rope scaling that are understood; <c>default</c> is none.</summary>
    public required IReadOnlyList<string> RopeScaling { get; init; }

    /// <summary>Every tensor of a checkpoint.</summary>
    public required IReadOnlyList<TensorRule> Tensors { get; init; }

    /// <summary>Names of tensors that some checkpoints carry and no computation needs.</summary>
    public required IReadOnlyList<string> Ignored { get; init; }

    /// <summary>GGUF metadata in the order the reference converter writes it; the prefix <c>NAME.</c> is added unless the key begins with <c>general.</c>.</summary>
    public required IReadOnlyList<MetadataRule> Metadata { get; init; }

    /// <summary>Whether GGUF files of the family hold q and k rows interleaved for rotation of neighbours.</summary>
    public required bool RopeInterleavedInGguf { get; init; }

    /// <summary>One tensor: <c>{i}</c> stands for the block.</summary>
    /// <param name="Role">Name in GGUF.</param>
    /// <param name="Name">Name in the checkpoint.</param>
    /// <param name="Transform">Row transform on the way to GGUF, or null.</param>
    /// <param name="AbsentWhenTied">Whether tied embeddings replace it.</param>
    internal sealed record TensorRule(string Role, string Name, string? Transform = null, bool AbsentWhenTied = false);

    /// <summary>One metadata key.</summary>
    /// <param name="Key">The key; <c>general.file_type</c> alone has no value: the recipe gives it.</param>
    /// <param name="Type">Type in the file.</param>
    /// <param name="Value">Name of a <see cref="DecoderValues"/> value.</param>
    /// <param name="When">A config key that must be present for this to be written, or null.</param>
    internal sealed record MetadataRule(string Key, [property: JsonConverter(typeof(JsonStringEnumConverter<GgufValueType>))] GgufValueType Type = default, string? Value = null, string? When = null);
}
