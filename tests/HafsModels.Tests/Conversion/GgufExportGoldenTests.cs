using System.Text.Json;
using System.Text.Json.Nodes;
using HafsModels.Architectures;
using HafsModels.Conversion;
using HafsModels.Formats.Gguf;
using HafsModels.Quantization;
using HafsModels.Tests.Tokenizers;
using HafsModels.Tokenizers;
using Xunit;

namespace HafsModels.Tests.Conversion;

/// <summary>Plans of whole files against what llama.cpp's converter wrote for the same config (Golden/README.md names tool and build).</summary>
public sealed class GgufExportGoldenTests
{
    [SkippableTheory]
    [InlineData("llama3", "llama3")]
    [InlineData("mistral", "llama2")]
    [InlineData("llama2json", "llama2")]
    [InlineData("qwen2", "qwen3")]
    [InlineData("qwen3", "qwen3")]
    [InlineData("qwen3moe", "qwen3")]
    [InlineData("smollm3", "llama3")]
    [InlineData("gemma3", "gemma3")]
    [InlineData("gptoss", "gptoss")]
    public void Metadata_keys_tensor_names_shapes_and_types_are_those_of_the_reference_converter(string golden, string tokenizer)
    {
        string tokenizerFolder = TokenizerPackages.Find(tokenizer);
        using JsonDocument expected = JsonDocument.Parse(File.ReadAllBytes(Repository.PathOf("tests", "HafsModels.Tests", "Golden", golden + ".json")));
        using var model = new SparseModel(Config(expected.RootElement.GetProperty("config")), tokenizerFolder);
        using ModelFolder folder = ModelFolder.Open(model.Folder);
        string name = expected.RootElement.GetProperty("metadata").GetProperty("general.name").GetProperty("value").GetString()!;
        ExportPlan plan = GgufExport.Plan(folder, Vocabulary.Load(model.Folder), new(Recipes.Get("F16")), new GgufExportOptions { Name = name });

        string file = Path.Combine(model.Folder, "header.gguf");
        using (FileStream output = File.Create(file))
        {
            output.Write(plan.Header.Span);
            output.SetLength(plan.FileBytes);
        }

        using GgufFile actual = GgufFile.Open(file);
        JsonProperty[] metadata = [.. expected.RootElement.GetProperty("metadata").EnumerateObject()];
        Assert.Equal(metadata.Select(m => m.Name), actual.Metadata.Select(m => m.Key));
        foreach (JsonProperty key in metadata.Where(m => !m.Name.StartsWith("tokenizer.", StringComparison.Ordinal)))
        {
            GgufValue value = actual.Find(key.Name)!;
            Assert.Equal(key.Value.GetProperty("type").GetString()!, value.Type.ToString(), ignoreCase: true);
            if (value.Value is bool flag)
                Assert.Equal(key.Value.GetProperty("value").GetBoolean(), flag);
            else if (value.AsNumber() is { } number)
                Assert.Equal(key.Value.GetProperty("value").GetDouble(), number);
            else
                Assert.Equal(key.Value.GetProperty("value").GetString(), value.Value);
        }

        string[] tensors = [.. expected.RootElement.GetProperty("tensors").EnumerateArray().Select(t =>
            $"{t[0].GetString()} [{string.Join(", ", t[1].EnumerateArray().Reverse().Select(d => d.GetInt64()))}] {t[2].GetString()}")];
        Assert.Equal(tensors.Order(StringComparer.Ordinal), actual.Tensors.Select(t => $"{t.Name} {t.Shape} {t.Type}").Order(StringComparer.Ordinal));
    }

    [SkippableFact]
    public void A_scale_of_attention_that_no_gguf_key_holds_is_refused_where_the_reference_converter_drops_it()
    {
        string tokenizerFolder = TokenizerPackages.Find("gemma3");
        using JsonDocument golden = JsonDocument.Parse(File.ReadAllBytes(Repository.PathOf("tests", "HafsModels.Tests", "Golden", "gemma3.json")));
        using var model = new SparseModel(golden.RootElement.GetProperty("config").GetRawText(), tokenizerFolder);
        using ModelFolder folder = ModelFolder.Open(model.Folder);
        HafsException error = Assert.Throws<HafsException>(() => GgufExport.Plan(folder, Vocabulary.Load(model.Folder), new(Recipes.Get("F16")), new GgufExportOptions { Name = "gemma3" }));
        Assert.Equal("GgufCannotSay", error.Id);
        Assert.Contains("AttentionScale is 0.0625", error.Message, StringComparison.Ordinal);
    }

    // The random gemma3 behind the golden has heads of 64 and the scale of heads of 256, which a GGUF file cannot say.
    private static string Config(JsonElement config)
    {
        JsonObject copy = JsonObject.Create(config)!;
        if (copy.ContainsKey("query_pre_attn_scalar"))
            copy["query_pre_attn_scalar"] = config.GetProperty("head_dim").GetInt32();
        return copy.ToJsonString();
    }
}
