using System.Text.Json;

namespace HafsModels.Architectures;

/// <summary>A model folder's <c>config.json</c>, asked by key; nested keys are written <c>rope_parameters/rope_theta</c>.</summary>
public sealed class ModelConfig
{
    private const long MaxBytes = 16 << 20;

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

    /// <summary>Reads a config.json.</summary>
    /// <exception cref="HafsException">The file is not there, or is not a JSON object.</exception>
    public static ModelConfig Read(string path)
    {
        if (!File.Exists(path))
            throw new HafsException(ErrorKind.NotFound, "ConfigNotFound", $"{path}: there is no such file; it says what the model is", path, "A Hugging Face checkpoint folder holds config.json beside the weights.");
        if (new FileInfo(path).Length > MaxBytes)
            throw new HafsException(ErrorKind.InvalidData, "ConfigTooLarge", $"{path}: larger than {MaxBytes:N0} bytes", path);
        try
        {
            using JsonDocument document = JsonDocument.Parse(File.ReadAllBytes(path), new JsonDocumentOptions { AllowDuplicateProperties = false });
            return document.RootElement.ValueKind == JsonValueKind.Object
                ? new ModelConfig(document.RootElement.Clone(), path)
                : throw new HafsException(ErrorKind.InvalidData, "ConfigJson", $"{path}: must be a JSON object, but is {document.RootElement.ValueKind}", path);
        }
        catch (JsonException exception)
        {
            throw new HafsException(ErrorKind.InvalidData, "ConfigJson", $"{path}: not valid JSON: {exception.Message}", path, inner: exception);
        }
    }

    /// <summary>The value of a key; null when it is absent or JSON null.</summary>
    public JsonElement? Find(string key)
    {
        JsonElement element = root;
        foreach (string part in key.Split('/'))
        {
            if (element.ValueKind != JsonValueKind.Object || !element.TryGetProperty(part, out element))
                return null;
        }

        return element.ValueKind == JsonValueKind.Null ? null : element;
    }

    /// <summary>The number at the first of several keys that is there; null when none is.</summary>
    /// <exception cref="HafsException">The value is not a finite number.</exception>
    public double? Number(IEnumerable<string> keys)
    {
        foreach (string key in keys)
        {
            if (Find(key) is not { } value)
                continue;
            return value.ValueKind == JsonValueKind.Number && value.TryGetDouble(out double number) && double.IsFinite(number)
                ? number
                : throw Invalid(key, $"is {value.GetRawText()}, but must be a number");
        }

        return null;
    }

    /// <summary>The text at a key; null when it is absent or no text.</summary>
    public string? Text(string key) => Find(key) is { ValueKind: JsonValueKind.String } value ? value.GetString() : null;

    /// <summary>Whether a key holds true.</summary>
    public bool IsTrue(string key) => Find(key) is { ValueKind: JsonValueKind.True };

    internal HafsException Invalid(string key, string message) => new(ErrorKind.InvalidData, "ConfigValue", $"{Path}: {key} {message}", Path);
}
