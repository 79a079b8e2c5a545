using System.Text.Json;
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
    public void Metadata_keys_tensor_names_shapes_and_types_are_those_of_the_reference_converter(string golden, string tokenizer)
    {
        string tokenizerFolder = TokenizerPackages.Find(tokenizer);
        using JsonDocument expected = JsonDocument.Parse(File.ReadAllBytes(Repository.PathOf("tests", "HafsModels.Tests", "Golden", golden + ".json")));
        using var model = new SparseModel(expected.RootElement.GetProperty("config").GetRawText(), tokenizerFolder);
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
            if (value.AsNumber() is { } number)
                Assert.Equal(key.Value.GetProperty("value").GetDouble(), number);
            else
                Assert.Equal(key.Value.GetProperty("value").GetString(), value.Value);
        }

        string[] tensors = [.. expected.RootElement.GetProperty("tensors").EnumerateArray().Select(t =>
            $"{t[0].GetString()} [{string.Join(", ", t[1].EnumerateArray().Reverse().Select(d => d.GetInt64()))}] {t[2].GetString()}")];
        Assert.Equal(tensors.Order(StringComparer.Ordinal), actual.Tensors.Select(t => $"{t.Name} {t.Shape} {t.Type}").Order(StringComparer.Ordinal));
    }
}
