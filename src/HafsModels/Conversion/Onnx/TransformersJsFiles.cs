using System.Text;
using System.Text.Json.Nodes;
using HafsModels.Architectures;
using HafsModels.Formats.ModelCards;

namespace HafsModels.Conversion.Onnx;

/// <summary>What Transformers.js loads: graphs in onnx/, a config.json that states caches and external data, tokenizer, model card.</summary>
internal sealed class TransformersJsFiles(ModelFolder folder, IReadOnlyList<OnnxDataType> types) : OnnxLayoutFiles(folder, types)
{
    private const string Section = "transformers.js_config", External = "use_external_data_format";

    /// <inheritdoc/>
    public override string FileName(OnnxDataType type) => Path.Combine("onnx", type.FileName);

    /// <inheritdoc/>
    public override IEnumerable<(string Name, byte[] Bytes)> Files(string name, string output, IReadOnlyDictionary<string, int> chunks)
    {
        yield return ("config.json", ToBytes(Config(output, chunks)));
        yield return ("generation_config.json", ToBytes(GenerationConfig()));
        foreach ((string Name, byte[] Bytes) file in Tokenizer())
            yield return file;
        yield return (OnnxTestPage.FileName, OnnxTestPage.Bytes());
        yield return ("README.md", Encoding.UTF8.GetBytes(Card(name)));
    }

    private JsonObject Config(string output, IReadOnlyDictionary<string, int> chunks)
    {
        JsonObject config = ModelConfig();

        // Version 3 sizes the empty cache from these.
        config["head_dim"] = Folder.Decoder.HeadDimension;
        config["num_key_value_heads"] = Folder.Decoder.KeyValueHeadCount;
        JsonObject external = [];
        foreach ((string file, int count) in Earlier(output).Concat(chunks))
            external[file] = count;
        config[Section] = new JsonObject
        {
            ["kv_cache_dtype"] = new JsonObject { ["q4f16"] = "float16", ["fp16"] = "float16" },
            [External] = external,
        };
        return config;
    }

    // Types that were exported to the folder before are still there.
    private static IEnumerable<KeyValuePair<string, int>> Earlier(string output)
    {
        string path = Path.Combine(output, "config.json");
        if (!File.Exists(path) || (Parse(path)[Section] as JsonObject)?[External] is not JsonObject external)
            yield break;
        foreach ((string file, JsonNode? count) in external)
        {
            if (File.Exists(Path.Combine(output, "onnx", file)) && count is JsonValue value && value.TryGetValue(out int number))
                yield return new(file, number);
        }
    }

    private string Card(string name)
    {
        ModelCard? source = ModelCard.TryRead(Folder.Path, Warnings);
        string best = (Types.FirstOrDefault(t => t.Name == "q4") ?? Types[0]).Name;
        var card = new StringBuilder("---\nlibrary_name: transformers.js\npipeline_tag: text-generation\n");
        if (source?.Text("license") is { } license)
            card.Append("license: ").Append(license).Append('\n');
        card.Append("tags:\n- onnx\n---\n\n# ").Append(name).Append(" for Transformers.js\n\n");
        card.Append("The ").Append(Folder.Family.Name).Append(" model ").Append(name).Append(" as ONNX graphs with external data, made by HafsModels.\n\n");
        card.Append("| dtype | file | |\n|---|---|---|\n");
        foreach (OnnxDataType type in Types)
            card.Append("| `").Append(type.Name).Append("` | `onnx/").Append(type.FileName).Append("` | ").Append(type.Description).Append(" |\n");
        card.Append("\n```js\nimport { pipeline } from '@huggingface/transformers';\n\nconst generator = await pipeline('text-generation', 'YOUR-NAME/").Append(name);
        card.Append("', { dtype: '").Append(best).Append("', device: 'webgpu' }); // or 'wasm'\nconst output = await generator('").Append("Once upon a time', { max_new_tokens: 64, do_sample: false });\n");
        return card.Append("console.log(output[0].generated_text);\n```\n\n`test.html` runs the model in a browser and says how fast: open it, or serve this folder.\n").ToString();
    }
}
