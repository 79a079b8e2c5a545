using System.Globalization;
using System.Text.Json;
using HafsModels.Formats.Gguf;

namespace HafsModels.Architectures;

/// <summary>One model family: how its checkpoints, its GGUF files and its decoder name and lay out the same things. All of it is data.</summary>
public sealed class ModelFamily
{
    private const string FileTypeKey = "general.file_type";

    internal ModelFamily(FamilyData data) => Data = data;

    /// <summary>Name: the GGUF architecture, such as <c>llama</c>.</summary>
    public string Name => Data.Name;

    /// <summary>Classes in config.json that belong to the family.</summary>
    public IReadOnlyList<string> Architectures => Data.Architectures;

    internal FamilyData Data { get; }

    /// <summary>Sizes and traits of a checkpoint.</summary>
    /// <exception cref="HafsException">A number is missing or impossible, or a key changes the maths in a way this family does not compute.</exception>
    public DecoderConfig DecoderFromConfig(ModelConfig config)
    {
        ArgumentNullException.ThrowIfNull(config);
        foreach ((string key, IReadOnlyList<JsonElement> allowed) in Data.Allowed)
        {
            if (config.Find(key) is { } value && !allowed.Any(a => JsonElement.DeepEquals(a, value)))
            {
                throw new HafsException(
                    ErrorKind.Unsupported,
                    "ConfigVariant",
                    $"{config.Path}: {key} is {Shorten(value.GetRawText())}; the family {Name} is computed only with {string.Join(" or ", allowed.Select(a => a.GetRawText()))}",
                    config.Path);
            }
        }

        string scaling = RopeScalingType(config);
        if (!Data.RopeScaling.Contains(scaling))
        {
            throw new HafsException(
                ErrorKind.Unsupported, "RopeScaling", $"{config.Path}: rope scaling of type {scaling} is not computed for the family {Name}; {string.Join(", ", Data.RopeScaling)} are", config.Path);
        }

        return DecoderValues.Build(
            Name,
            name => Data.Config.TryGetValue(name, out IReadOnlyList<string>? keys) ? config.Number(keys) : null,
            ropeInterleaved: false,
            tied: config.IsTrue("tie_word_embeddings"),
            config.Path);
    }

    /// <summary>Sizes and traits of a GGUF file.</summary>
    /// <exception cref="HafsException">A number is missing or impossible, or the file scales its rotary embedding.</exception>
    public DecoderConfig DecoderFromGguf(GgufFile file)
    {
        ArgumentNullException.ThrowIfNull(file);
        if (file.Find($"{Name}.rope.scaling.type")?.Value is string scaling and not "none")
            throw new HafsException(ErrorKind.Unsupported, "RopeScaling", $"{file.Path}: rope scaling of type {scaling} is not computed for the family {Name}", file.Path);
        return DecoderValues.Build(
            Name,
            name => Data.Metadata.FirstOrDefault(rule => rule.Value == name) is { } rule && file.Find(KeyOf(rule))?.AsNumber() is { } number ? number
                : name == nameof(DecoderConfig.VocabularySize) ? file.FindTensor("token_embd.weight")?.Shape.RowCount
                : null,
            Data.RopeInterleavedInGguf,
            tied: file.FindTensor("output.weight") is null,
            file.Path);
    }

    /// <summary>The family's GGUF metadata, in order.</summary>
    /// <param name="config">The checkpoint's config.json.</param>
    /// <param name="decoder">Sizes from it.</param>
    /// <param name="fileType">Number of the recipe for <c>general.file_type</c>.</param>
    internal IEnumerable<KeyValuePair<string, GgufValue>> Metadata(ModelConfig config, DecoderConfig decoder, uint fileType)
    {
        foreach (FamilyData.MetadataRule rule in Data.Metadata)
        {
            if (rule.Key == FileTypeKey)
                yield return new(FileTypeKey, new GgufValue(fileType));
            else if (rule.When is null || config.Find(rule.When) is not null)
                yield return new(KeyOf(rule), Typed(rule.Type, DecoderValues.All[rule.Value!](decoder)));
        }
    }

    /// <summary>The type of rope scaling a config states, in its old or new spelling; <c>default</c> when none.</summary>
    internal static string RopeScalingType(ModelConfig config)
    {
        foreach (string section in (ReadOnlySpan<string>)["rope_scaling", "rope_parameters"])
        {
            if ((config.Text(section + "/rope_type") ?? config.Text(section + "/type")) is { } type)
                return type;
            if (section == "rope_scaling" && config.Find(section) is { } unknown)
                throw new HafsException(ErrorKind.Unsupported, "RopeScaling", $"{config.Path}: rope_scaling is {Shorten(unknown.GetRawText())}, which names no rope_type", config.Path);
        }

        return "default";
    }

    /// <summary>Replaces the placeholder of the block.</summary>
    internal static string At(string pattern, int block) => pattern.Replace("{i}", block.ToString(CultureInfo.InvariantCulture), StringComparison.Ordinal);

    private string KeyOf(FamilyData.MetadataRule rule) => rule.Key.StartsWith("general.", StringComparison.Ordinal) ? rule.Key : $"{Name}.{rule.Key}";

    private static GgufValue Typed(GgufValueType type, double value) => type switch
    {
        GgufValueType.U32 => new GgufValue(checked((uint)value)),
        GgufValueType.F32 => new GgufValue((float)value),
        _ => throw new InvalidOperationException($"family data uses metadata type {type}"),
    };

    private static string Shorten(string json) => json.Length <= 80 ? json : json[..80] + "…";
}
