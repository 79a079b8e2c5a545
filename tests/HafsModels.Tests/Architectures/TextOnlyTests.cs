using System.Text.Json.Nodes;
using HafsModels.Architectures;
using HafsModels.Conversion;
using HafsModels.Formats.Gguf;
using HafsModels.Inference;
using HafsModels.Quantization;
using HafsModels.Tokenizers;
using Xunit;

namespace HafsModels.Tests.Architectures;

public sealed class TextOnlyTests
{
    private static readonly string Tokenizer = Repository.PathOf("tests", "models", "kjv-llama");

    public static TheoryData<string, string, string, string> Wrapped => new()
    {
        { "Gemma3ForConditionalGeneration", "gemma3", "gemma3", "language_model." },
        { "LlavaForConditionalGeneration", "llama", "mistral", "language_model." },
    };

    [Theory]
    [MemberData(nameof(Wrapped))]
    public void A_vision_tower_is_refused_and_the_text_part_alone_gives_the_file_of_a_text_model(string architecture, string family, string example, string prefix)
    {
        string config = ModelFamilies.All.Single(f => f.Name == family).Data.Examples[example].GetRawText();
        using var whole = new GeneratedCheckpoint(architecture, config, prefix, Tokenizer);
        using var text = new GeneratedCheckpoint(config, Tokenizer);
        HafsException error = Assert.Throws<HafsException>(() => ModelFolder.Open(whole.Folder).Dispose());
        Assert.Equal(ErrorKind.Unsupported, error.Kind);
        Assert.Contains("Unsupported: vision tower", error.Message, StringComparison.Ordinal);
        Assert.Contains("-TextOnly", error.Hint, StringComparison.Ordinal);

        string expected = Convert(text.Folder, textOnly: false), actual = Convert(whole.Folder, textOnly: true);
        using (GgufFile one = GgufFile.Open(Path.Combine(text.Folder, "model.gguf")), other = GgufFile.Open(Path.Combine(whole.Folder, "model.gguf")))
        {
            Assert.Equal(one.Metadata.Select(m => $"{m.Key} {m.Value}"), other.Metadata.Select(m => $"{m.Key} {m.Value}"));
            Assert.Equal(one.Tensors, other.Tensors);
        }

        Assert.Equal(expected, actual);
        using Decoder source = Decoder.Open(whole.Folder, 1, default);
        Assert.Equal(family, source.Config.Family);
    }

    [Theory]
    [InlineData("vision_config", "Unsupported: vision tower")]
    [InlineData("audio_config", "Unsupported: audio tower")]
    public void A_tower_beside_an_unknown_text_part_is_named(string section, string message)
    {
        string folder = Directory.CreateTempSubdirectory("hafs-tower-").FullName;
        File.WriteAllText(Path.Combine(folder, "config.json"), new JsonObject { ["architectures"] = new JsonArray("OtherForConditionalGeneration"), [section] = new JsonObject() }.ToJsonString());
        HafsException error = Assert.Throws<HafsException>(() => ModelFolder.Open(folder, textOnly: true).Dispose());
        Assert.Contains(message, error.Message, StringComparison.Ordinal);
        Assert.Null(error.Hint);
        Directory.Delete(folder, true);
    }

    [Fact]
    public void A_diffusion_pipeline_is_named()
    {
        string folder = Directory.CreateTempSubdirectory("hafs-diffusion-").FullName;
        File.WriteAllText(Path.Combine(folder, "model_index.json"), "{}");
        Assert.Equal("UnsupportedDiffusion", Assert.Throws<HafsException>(() => ModelFolder.Open(folder)).Id);
        Directory.Delete(folder, true);
    }

    private static string Convert(string path, bool textOnly)
    {
        using ModelFolder folder = ModelFolder.Open(path, textOnly);
        return PlanRunner.Run(
            GgufExport.Plan(folder, Vocabulary.Load(path), new(Recipes.Get("F16")), new GgufExportOptions { Name = "same" }), Path.Combine(path, "model.gguf"), 1, false, null, default);
    }
}
