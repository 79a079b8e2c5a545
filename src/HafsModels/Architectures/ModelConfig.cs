using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using HafsModels.Formats;

namespace HafsModels.Architectures;

/// <summary>
/// A model folder's <c>config.json</c>, asked by key; nested keys are written <c>a.b</c>. The parameters of rotary embeddings have moved over the years: <c>rope.x</c>
/// looks wherever x has stood, <c>rope_local.x</c> where those of layers with a sliding window stand.
/// </summary>
public sealed class ModelConfig
{
    private const int MaxBytes = 16 << 20;

    private static readonly Dictionary<string, string[]> Sections = new()
    {
        ["rope"] = ["rope_parameters.full_attention.", "rope_parameters.", "rope_scaling.", ""],
        ["rope_local"] = ["rope_parameters.sliding_attention."],
    };

    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private readonly JsonElement root;

    private ModelConfig(JsonElement root, string path)
    {
        this.root = root;
        Path = path;
    }

    /// <summary>Full path of the file.</summary>
    public string Path { get; }

    /// <summary>The classes named by <c>architectures</c>; empty when the key is absent.</summary>
    public IReadOnlyList<string> Architectures => Find("architectures") is { ValueKind: JsonValueKind.Array } array
        ? [.. array.EnumerateArray().Where(e => e.ValueKind == JsonValueKind.String).Select(e => e.GetString()!)]
        : [];

    /// <summary>The file's text, with what <see cref="With"/> changed.</summary>
    public string Json => root.GetRawText();

    /// <summary>The top-level keys.</summary>
    internal IEnumerable<string> Keys => root.EnumerateObject().Select(p => p.Name);

    /// <summary>Reads a config.json.</summary>
    /// <exception cref="HafsException">The file is not there, or is not a JSON object.</exception>
    public static ModelConfig Read(string path)
    {
        if (!File.Exists(path))
            throw new HafsException(ErrorKind.NotFound, "ConfigNotFound", $"{path}: there is no such file; it says what the model is", path, "A Hugging Face checkpoint folder holds config.json beside the weights.");
        using JsonDocument document = JsonFile.Read(path, MaxBytes, "ConfigTooLarge", "ConfigJson");
        return new ModelConfig(document.RootElement.Clone(), path);
    }

    /// <summary>The value of a key; null when it is absent or JSON null.</summary>
    public JsonElement? Find(string key)
    {
        int dot = key.IndexOf('.', StringComparison.Ordinal);
        return dot > 0 && Sections.TryGetValue(key[..dot], out string[]? places)
            ? places.Select(place => At(place + key[(dot + 1)..])).FirstOrDefault(value => value is not null)
            : At(key);
    }

    /// <summary>A key as a number: true is 1, false 0, a list how many items it has; <c>key=word</c> is 1 when the key holds the word. Null when the key is absent.</summary>
    /// <exception cref="HafsException">The value is none of these.</exception>
    public double? Number(string key)
    {
        if (key.IndexOf('=', StringComparison.Ordinal) is > 0 and var equals)
            return Text(key[..equals]) is { } word ? word == key[(equals + 1)..] ? 1 : 0 : null;
        return Find(key) switch
        {
            null => null,
            { ValueKind: JsonValueKind.True } => 1,
            { ValueKind: JsonValueKind.False } => 0,
            { ValueKind: JsonValueKind.Array } list => list.GetArrayLength(),
            { ValueKind: JsonValueKind.Number } value when value.TryGetDouble(out double number) && double.IsFinite(number) => number,
            { } value => throw Invalid(key, $"is {value.GetRawText()}, but must be a number"),
        };
    }

    /// <summary>The text at a key; null when it is absent or no text.</summary>
    public string? Text(string key) => Find(key) is { ValueKind: JsonValueKind.String } value ? value.GetString() : null;

    /// <summary>The items of a list of numbers; null when the key is absent.</summary>
    /// <exception cref="HafsException">It is no list of numbers.</exception>
    internal float[]? Numbers(string key)
    {
        if (Find(key) is not { } list)
            return null;
        if (list.ValueKind != JsonValueKind.Array || list.EnumerateArray().Any(e => e.ValueKind != JsonValueKind.Number))
            throw Invalid(key, "must be a list of numbers");
        return [.. list.EnumerateArray().Select(e => e.GetSingle())];
    }

    /// <summary>The same file seen from one of its sections, which replaces what stands outside.</summary>
    internal ModelConfig Section(string key) => At(key) is { ValueKind: JsonValueKind.Object } section
        ? new ModelConfig(section, Path)
        : throw Invalid(key, "is missing; it describes the text part");

    /// <summary>The same file with another value at a top-level key.</summary>
    internal ModelConfig With(string key, JsonNode value)
    {
        JsonObject changed = JsonNode.Parse(root.GetRawText())!.AsObject();
        changed[key] = value;
        return new ModelConfig(JsonElement.Parse(changed.ToJsonString(Indented)), Path);
    }

    internal HafsException Invalid(string key, string message) => new(ErrorKind.InvalidData, "ConfigValue", $"{Path}: {key} {message}", Path);

    private JsonElement? At(string key)
    {
        JsonElement element = root;
        foreach (string part in key.Split('.'))
        {
            if (element.ValueKind != JsonValueKind.Object || !element.TryGetProperty(part, out element))
                return null;
        }

        return element.ValueKind == JsonValueKind.Null ? null : element;
    }
}
