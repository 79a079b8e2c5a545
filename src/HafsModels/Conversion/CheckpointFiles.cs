using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using HafsModels.Architectures;
using HafsModels.Tensors;

namespace HafsModels.Conversion;

/// <summary>What a checkpoint folder holds beside its weights.</summary>
internal static class CheckpointFiles
{
    // Of a tokenizer all files come from one folder: ids of one do not fit another's.
    private static readonly string[] Tokenizer =
    [
        "tokenizer.json", "tokenizer.model", "tokenizer_config.json", "special_tokens_map.json", "added_tokens.json", "vocab.json", "merges.txt", "vocab.txt", "spiece.model", "*.tiktoken",
        "chat_template.jinja", "chat_template.json", "additional_chat_templates/*.jinja",
    ];

    private static readonly string[] Model = ["generation_config.json", "preprocessor_config.json", "processor_config.json", "*.py", "LICENSE*", "NOTICE*", "USE_POLICY*"];

    private static readonly JsonSerializerOptions ConfigOptions = new() { WriteIndented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>Tokenizer, settings, code and licences of a model: names, with <c>/</c> between folders, and where they lie.</summary>
    public static IEnumerable<(string Name, string Source)> Beside(ModelFolder folder) =>
        Matching(folder.Source.TokenizerPath, Tokenizer).Concat(Matching(folder.Path, Model));

    /// <summary>The config.json of a model as it is, merged with its adapter, for weights of one type; null for the types it has.</summary>
    public static byte[] Config(ModelFolder folder, ElementType? type)
    {
        JsonObject config = JsonNode.Parse(folder.Config.Json)!.AsObject();
        string? name = type switch { ElementType.F32 => "float32", ElementType.F16 => "float16", ElementType.BF16 => "bfloat16", _ => null };
        foreach (string key in (ReadOnlySpan<string>)["torch_dtype", "dtype"])
        {
            if (name is not null && config.ContainsKey(key))
                config[key] = name;
        }

        return System.Text.Encoding.UTF8.GetBytes(config.ToJsonString(ConfigOptions) + "\n");
    }

    private static IEnumerable<(string Name, string Source)> Matching(string home, string[] patterns) =>
        from pattern in patterns
        let slash = pattern.LastIndexOf('/') + 1
        let folder = Path.Combine(home, pattern[..slash])
        where Directory.Exists(folder)
        from file in Directory.EnumerateFiles(folder, pattern[slash..]).Order(StringComparer.Ordinal)
        select (pattern[..slash] + Path.GetFileName(file), file);
}
