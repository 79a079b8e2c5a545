using System.Text.RegularExpressions;
using HafsModels.Architectures;
using HafsModels.Conversion;
using HafsModels.Formats.Gguf;
using HafsModels.Quantization;
using HafsModels.Tests.Formats.Gguf;
using HafsModels.Tokenizers;
using Xunit;

namespace HafsModels.Tests.Conversion;

/// <summary>Whole files against the real llama-quantize.</summary>
public sealed partial class LlamaQuantizePeerTests(TrainedFiles files) : IClassFixture<TrainedFiles>, IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("hafs-quantize-").FullName;

    public static TheoryData<string, string> Conversions()
    {
        var data = new TheoryData<string, string>();
        foreach (string model in (ReadOnlySpan<string>)["kjv-llama", "kjv-qwen2"])
        {
            foreach (Recipe recipe in Recipes.All.Where(r => r.Name is not "F32" && !r.NeedsImportance))
                data.Add(model, recipe.Name);
        }

        return data;
    }

    [SkippableTheory]
    [MemberData(nameof(Conversions))]
    public void Every_tensor_has_the_bytes_that_llama_quantize_writes(string model, string recipe)
    {
        string source = files.Get(model, "F32"), expected = Path.Combine(folder, "expected.gguf"), actual = Path.Combine(folder, "actual.gguf");
        TrainedFiles.Convert(model, new(Recipes.Get(recipe)), actual);
        LlamaProgram.Run("llama-quantize", source, expected, recipe, "2");

        using GgufFile ours = GgufFile.Open(actual), theirs = GgufFile.Open(expected);
        GgufTwins.AssertSameTensors(theirs, ours);
        Assert.Equal(theirs.Find("general.file_type")!.AsInteger(), ours.Find("general.file_type")!.AsInteger());
    }

    [SkippableTheory]
    [InlineData("LlamaForCausalLM", 1, 256, 512, 8, 8, false)]
    [InlineData("LlamaForCausalLM", 7, 256, 512, 8, 2, false)]
    [InlineData("LlamaForCausalLM", 32, 256, 512, 8, 1, false)]
    [InlineData("LlamaForCausalLM", 80, 256, 512, 8, 1, false)]
    [InlineData("LlamaForCausalLM", 80, 256, 512, 8, 8, false)]
    [InlineData("LlamaForCausalLM", 5, 256, 352, 8, 4, false)]
    [InlineData("LlamaForCausalLM", 5, 288, 416, 8, 4, false)]
    [InlineData("LlamaForCausalLM", 3, 72, 104, 4, 2, false)]
    [InlineData("Qwen2ForCausalLM", 24, 256, 512, 8, 2, true)]
    [InlineData("Qwen2ForCausalLM", 28, 256, 512, 8, 1, false)]
    [InlineData("Qwen2ForCausalLM", 80, 256, 512, 8, 1, false)]
    [InlineData("Qwen2ForCausalLM", 4, 96, 160, 4, 2, true)]
    public void Every_recipe_gives_every_tensor_the_type_that_llama_quantize_chooses(string architecture, int layers, int hidden, int feedForward, int heads, int keyHeads, bool tied)
    {
        string source = Path.Combine(folder, "source.gguf");
        using var model = new SparseModel(SparseModel.Config(architecture, layers, hidden, feedForward, heads, keyHeads, tied), Repository.PathOf("tests", "models", "kjv-llama"));
        using ModelFolder open = ModelFolder.Open(model.Folder);
        Vocabulary vocabulary = Vocabulary.Load(model.Folder);
        ExportPlan header = GgufExport.Plan(open, vocabulary, new(Recipes.Get("BF16")), new GgufExportOptions { Name = "sparse" });
        using (FileStream file = File.Create(source))
        {
            file.Write(header.Header.Span);
            file.SetLength(header.FileBytes);
        }

        foreach (Recipe recipe in Recipes.All.Where(r => r.Name is not ("F32" or "F16" or "BF16") && !r.NeedsImportance))
        {
            Dictionary<string, string> expected = ChosenType().Matches(LlamaProgram.Run("llama-quantize", "--dry-run", source, recipe.Name))
                .ToDictionary(m => m.Groups["name"].Value, m => m.Groups["type"].Value, StringComparer.Ordinal);
            ExportPlan plan = GgufExport.Plan(open, vocabulary, new(recipe), new GgufExportOptions { Name = "sparse" });
            Assert.NotEmpty(expected);
            foreach ((string name, string type) in expected)
                Assert.Equal($"{recipe.Name} {name} {type.ToUpperInvariant()}", $"{recipe.Name} {name} {plan.Tensors.Single(t => t.Name == name).Format.Type.ToString().ToUpperInvariant()}");
        }
    }

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [GeneratedRegex(@"\]\s+(?<name>\S+)\s+- \[.*->.*\((?<type>\w+)\)")]
    private static partial Regex ChosenType();
}
