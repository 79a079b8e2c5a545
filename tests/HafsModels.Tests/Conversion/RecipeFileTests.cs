using HafsModels.Conversion;
using HafsModels.Tensors;
using Xunit;

namespace HafsModels.Tests.Conversion;

public sealed class RecipeFileTests : IDisposable
{
    private readonly string path = Path.GetTempFileName();

    [Fact]
    public void A_recipe_file_says_everything_and_a_request_goes_before_it()
    {
        RecipeFile file = Read("""
            {
              // a comment
              "quantization": "q5k",
              "tensorTypes": { "b": "Q8_0", "a": "f16" },
              "outputType": "Q6_K", "embeddingType": "q4_0",
              "leaveOutput": true, "pure": true, "pruneLayers": "5-7, 3", "keepSplit": true, "allowRequantize": true,
            }
            """);
        Assert.Equal(("Q5_K_M", GgmlType.Q6_K, GgmlType.Q4_0), (file.Recipe.Name, file.OutputType, file.EmbeddingType));
        Assert.Equal(["b=Q8_0", "a=F16"], file.TensorTypes.Select(r => r.ToString()));
        Assert.Equal([3, 5, 6, 7], file.PruneLayers);
        Assert.True(file is { LeaveOutput: true, Pure: true, KeepSplit: true, AllowRequantize: true });

        RecipeFile both = RecipeFile.For(new ConvertRequest { RecipePath = path, Quantization = "Q8_0", TensorTypes = [new("c", GgmlType.BF16)], OutputType = GgmlType.F32, PruneLayers = [1] });
        Assert.Equal(("Q8_0", GgmlType.F32, GgmlType.Q4_0), (both.Recipe.Name, both.OutputType, both.EmbeddingType));
        Assert.Equal(["c=BF16", "b=Q8_0", "a=F16"], both.TensorTypes.Select(r => r.ToString()));
        Assert.Equal([1], both.PruneLayers);
    }

    [Fact]
    public void Without_a_word_the_recipe_is_Q4_K_M() => Assert.Equal("Q4_K_M", RecipeFile.For(new ConvertRequest()).Recipe.Name);

    [Fact]
    public void Rules_and_layers_may_be_arrays()
    {
        RecipeFile file = Read("""{ "tensorTypes": ["a=Q8_0", "b=Q4_K"], "pruneLayers": [2, 0] }""");
        Assert.Equal(["a=Q8_0", "b=Q4_K"], file.TensorTypes.Select(r => r.ToString()));
        Assert.Equal([2, 0], file.PruneLayers);
    }

    [Theory]
    [InlineData("""[]""", "RecipeFileMember", "must be a JSON object, but is Array")]
    [InlineData("""{ "quantisation": "Q4_0" }""", "RecipeFileMember", "quantisation is not known")]
    [InlineData("""{ "quantization": 4 }""", "RecipeFileMember", "quantization is 4; it must be a string")]
    [InlineData("""{ "quantization": "Q9" }""", "UnknownQuantization", "quantization: no quantization is named Q9")]
    [InlineData("""{ "pure": "yes" }""", "RecipeFileMember", "it must be true or false")]
    [InlineData("""{ "tensorTypes": "a=Q8_0" }""", "RecipeFileMember", "an object of patterns and types")]
    [InlineData("""{ "tensorTypes": { "a": 8 } }""", "RecipeFileMember", "all strings")]
    [InlineData("""{ "tensorTypes": { "(": "Q8_0" } }""", "TensorTypePattern", "tensorTypes: tensor type (")]
    [InlineData("""{ "outputType": "Q8_K" }""", "UnknownGgmlType", "outputType: no tensor type is named Q8_K")]
    [InlineData("""{ "pruneLayers": "7-5" }""", "LayerList", "7-5")]
    [InlineData("""{ "pruneLayers": [0.5] }""", "RecipeFileMember", "whole numbers")]
    [InlineData("""{ "pure": true, "pure": false }""", "RecipeFileJson", "pure")]
    [InlineData("""{ "pure": """, "RecipeFileJson", "not valid JSON")]
    public void What_a_recipe_file_gets_wrong_is_named(string json, string id, string part)
    {
        HafsException error = Assert.Throws<HafsException>(() => Read(json));
        Assert.Equal(id, error.Id);
        Assert.Equal(ErrorKind.InvalidData, error.Kind);
        Assert.StartsWith(path, error.Message, StringComparison.Ordinal);
        Assert.Contains(part, error.Message, StringComparison.Ordinal);
    }

    public void Dispose() => File.Delete(path);

    private RecipeFile Read(string json)
    {
        File.WriteAllText(path, json);
        return RecipeFile.For(new ConvertRequest { RecipePath = path });
    }
}
