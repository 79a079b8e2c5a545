using HafsModels.Architectures;
using HafsModels.Conversion;
using HafsModels.Quantization;
using HafsModels.Tokenizers;
using Xunit;

namespace HafsModels.Tests.Conversion;

/// <summary>What cannot be exported is refused in the plan.</summary>
public class GgufExportTests
{
    [Theory]
    [InlineData("IQ2_XXS")]
    [InlineData("IQ3_XS")]
    [InlineData("Q2_K_S")]
    public void A_recipe_that_needs_an_importance_matrix_is_refused_before_anything_is_written(string quantization)
    {
        string path = Repository.PathOf("tests", "models", "kjv-llama");
        using ModelFolder folder = ModelFolder.Open(path);
        Vocabulary vocabulary = Vocabulary.Load(path);
        HafsException error = Assert.Throws<HafsException>(() => GgufExport.Plan(folder, vocabulary, new(Recipes.Get(quantization)), new GgufExportOptions { Name = "model" }));
        Assert.Equal("ImportanceRequired", error.Id);
    }
}
