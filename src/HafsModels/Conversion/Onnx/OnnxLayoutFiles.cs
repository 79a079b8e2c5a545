using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using HafsModels.Architectures;
using HafsModels.Formats;

namespace HafsModels.Conversion.Onnx;

/// <summary>The files beside the graphs, and where the graphs lie.</summary>
/// <param name="folder">The model.</param>
/// <param name="types">The types it is exported in.</param>
internal abstract class OnnxLayoutFiles(ModelFolder folder, IReadOnlyList<OnnxDataType> types)
{
    private static readonly string[] TokenizerFiles =
    [
        "tokenizer.json", "tokenizer_config.json", "special_tokens_map.json", "added_tokens.json", "chat_template.jinja", "vocab.json", "merges.txt",
    ];

    private const int MaxBytes = 16 << 20;

    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>The model.</summary>
    protected ModelFolder Folder => folder;

    /// <summary>The types it is exported in.</summary>
    protected IReadOnlyList<OnnxDataType> Types => types;

    /// <summary>What the model's own files made us say; filled by <see cref="Files"/>.</summary>
    public List<string> Warnings { get; } = [];

    /// <summary>The files of a layout.</summary>
    public static OnnxLayoutFiles For(OnnxLayout layout, ModelFolder folder, IReadOnlyList<OnnxDataType> types) =>
        layout == OnnxLayout.GenAi ? new GenAiFiles(folder, types) : new TransformersJsFiles(folder, types);

    /// <summary>Path of a type's graph within the output.</summary>
    public abstract string FileName(OnnxDataType type);

    /// <summary>Every other file.</summary>
    /// <param name="name">Name of the model.</param>
    /// <param name="output">The output, where another export may have been written before.</param>
    /// <param name="chunks">Files of external data by graph.</param>
    public abstract IEnumerable<(string Name, byte[] Bytes)> Files(string name, string output, IReadOnlyDictionary<string, int> chunks);

    /// <summary>The tokenizer as it is.</summary>
    /// <exception cref="HafsException">There is no tokenizer.json.</exception>
    protected IEnumerable<(string Name, byte[] Bytes)> Tokenizer()
    {
        string from = folder.Source.TokenizerPath;
        if (!File.Exists(Path.Combine(from, TokenizerFiles[0])))
        {
            throw new HafsException(
                ErrorKind.NotFound,
                "TokenizerJsonMissing",
                $"{from}: tokenizer.json is missing; Transformers.js and onnxruntime-genai read no other tokenizer",
                from,
                "Saving a fast tokenizer writes it: AutoTokenizer.from_pretrained(...).save_pretrained(...).");
        }

        return TokenizerFiles.Where(f => File.Exists(Path.Combine(from, f))).Select(f => (f, File.ReadAllBytes(Path.Combine(from, f))));
    }

    /// <summary>generation_config.json, or what it would say.</summary>
    protected JsonObject GenerationConfig()
    {
        string path = Path.Combine(folder.Path, "generation_config.json");
        if (File.Exists(path))
            return Parse(path);
        JsonObject config = ModelConfig(), made = [];
        foreach (string key in (ReadOnlySpan<string>)["bos_token_id", "eos_token_id", "pad_token_id"])
        {
            if (config[key] is { } value)
                made[key] = value.DeepClone();
        }

        return made;
    }

    /// <summary>config.json of the model.</summary>
    protected JsonObject ModelConfig() => JsonNode.Parse(folder.Config.Json)!.AsObject();

    /// <summary>Reads a JSON object.</summary>
    /// <exception cref="HafsException">It is none.</exception>
    protected static JsonObject Parse(string path)
    {
        using JsonDocument document = JsonFile.Read(path, MaxBytes, "ConfigTooLarge", "ConfigJson");
        return JsonObject.Create(document.RootElement.Clone())!;
    }

    /// <summary>JSON as it is written to a file.</summary>
    protected static byte[] ToBytes(JsonNode json) => System.Text.Encoding.UTF8.GetBytes(json.ToJsonString(Indented) + "\n");
}
