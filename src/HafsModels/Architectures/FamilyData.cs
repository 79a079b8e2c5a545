using System.Text.Json;
using System.Text.Json.Serialization;
using HafsModels.Formats.Gguf;

namespace HafsModels.Architectures;

/// <summary>What a family's JSON file says (docs/families.md). Unknown members are errors, so a misspelt one cannot be ignored; <see cref="FamilyRules"/> checks the rest.</summary>
internal sealed record FamilyData
{
    /// <summary>Name of the family: the GGUF architecture.</summary>
    public required string Name { get; init; }

    /// <summary>Classes in config.json's <c>architectures</c> that belong to it.</summary>
    public required IReadOnlyList<string> Architectures { get; init; }

    /// <summary>Values of <c>model_type</c> that belong to it.</summary>
    public required IReadOnlyList<string> ModelTypes { get; init; }

    /// <summary>Classes with towers for pictures or sound whose text part belongs to it.</summary>
    public IReadOnlyList<string> TextOf { get; init; } = [];

    /// <summary>Kind of the norms.</summary>
    public NormKind Norm { get; init; }

    /// <summary>Activations by the words config.json uses; the first is meant when it says nothing, and by every GGUF file.</summary>
    public required IReadOnlyDictionary<string, ActivationKind> Activation { get; init; }

    /// <summary>Formulas, best first, by value name (<see cref="DecoderValues"/>); added to the common ones, in place of those of the same name.</summary>
    public IReadOnlyDictionary<string, IReadOnlyList<string>> Values { get; init; } = new Dictionary<string, IReadOnlyList<string>>();

    /// <summary>The only values with which a config key leaves the maths as this family computes it; an absent key is allowed.</summary>
    public IReadOnlyDictionary<string, IReadOnlyList<JsonElement>> Allowed { get; init; } = new Dictionary<string, IReadOnlyList<JsonElement>>();

    /// <summary>Config keys that change nothing in this family.</summary>
    public IReadOnlyList<string> IgnoredKeys { get; init; } = [];

    /// <summary>Values of <c>quantization_config.quant_method</c> whose packed numbers the tensor rules read.</summary>
    public IReadOnlyList<string> PackedBy { get; init; } = [];

    /// <summary>Formulas that must hold for llama.cpp to load the file, with the reason.</summary>
    public IReadOnlyDictionary<string, string> Required { get; init; } = new Dictionary<string, string>();

    /// <summary>Types of rope scaling that are understood; <c>default</c> is none.</summary>
    public IReadOnlyList<string> RopeScaling { get; init; } = ["default"];

    /// <summary>Beginnings of tensor names that some checkpoints carry and others lack; rules are written without.</summary>
    public IReadOnlyList<string> Prefixes { get; init; } = [];

    /// <summary>Every tensor of a checkpoint.</summary>
    public required IReadOnlyList<TensorRule> Tensors { get; init; }

    /// <summary>Tensors that some checkpoints carry and no computation needs: <c>{i}</c> is any number, <c>{beyond}</c> one behind the last block, <c>*</c> anything.</summary>
    public IReadOnlyList<string> Ignored { get; init; } = [];

    /// <summary>Names of roles in this family's GGUF files where they differ from the usual ones.</summary>
    public IReadOnlyDictionary<string, string> Roles { get; init; } = new Dictionary<string, string>();

    /// <summary>All GGUF metadata in the order the reference converter writes it, in place of the common rules; the prefix <c>NAME.</c> is added unless the key begins with <c>general.</c>.</summary>
    public IReadOnlyList<MetadataRule>? Metadata { get; init; }

    /// <summary>GGUF metadata after that.</summary>
    public IReadOnlyList<MetadataRule> MoreMetadata { get; init; } = [];

    /// <summary>Whether checkpoints rotate neighbours.</summary>
    public bool RopeInterleaved { get; init; }

    /// <summary>Whether GGUF files of the family rotate neighbours.</summary>
    public bool RopeInterleavedInGguf { get; init; }

    /// <summary>Small config.json files by name, one for each variant of the family: what the tests generate checkpoints from.</summary>
    public required IReadOnlyDictionary<string, JsonElement> Examples { get; init; }

    /// <summary>One tensor: <c>{i}</c> stands for the block, <c>{e}</c> for an item of a stack.</summary>
    internal sealed record TensorRule
    {
        /// <summary>Name in GGUF.</summary>
        public required string Role { get; init; }

        /// <summary>Name in the checkpoint.</summary>
        public required string Name { get; init; }

        /// <summary>Name of the exponents where the numbers are packed in MXFP4; null where they are numbers.</summary>
        public string? Exponents { get; init; }

        /// <summary>Row transforms, first to last, between checkpoint and role.</summary>
        public IReadOnlyList<string> Transform { get; init; } = [];

        /// <summary>Row transform that changes the layout on the way to GGUF only, or null.</summary>
        public string? Gguf { get; init; }

        /// <summary>Formula that is not 0 where the tensor belongs; without it the tensor always does.</summary>
        public string? When { get; init; }

        /// <summary>Formula of the number of stacked items.</summary>
        public string Count { get; init; } = nameof(DecoderConfig.ExpertCount);

        /// <summary>Formulas of the dimensions of the role, outermost first, where they differ from the usual ones.</summary>
        public IReadOnlyList<string>? Shape { get; init; }

        /// <summary>Whether a checkpoint may lack it.</summary>
        public bool Optional { get; init; }

        /// <summary>Whether tied embeddings replace it.</summary>
        public bool AbsentWhenTied { get; init; }
    }

    /// <summary>One metadata key.</summary>
    /// <param name="Key">The key; <c>general.file_type</c> alone has no value: the recipe gives it.</param>
    /// <param name="Type">Type in the file.</param>
    /// <param name="Value">Formula of the value; the name of a <see cref="DecoderValues"/> value alone is read back from files as well.</param>
    /// <param name="Text">A constant text instead.</param>
    /// <param name="When">Formula that is not 0 where the key is written; without it the key always is.</param>
    internal sealed record MetadataRule(
        string Key, [property: JsonConverter(typeof(JsonStringEnumConverter<GgufValueType>))] GgufValueType Type = default, string? Value = null, string? Text = null, string? When = null);
}
