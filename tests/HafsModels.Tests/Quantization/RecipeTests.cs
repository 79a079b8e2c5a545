using System.Text.Json;
using HafsModels.Quantization;
using HafsModels.Tensors;
using Xunit;

namespace HafsModels.Tests.Quantization;

/// <summary>Which tensor gets which type, against what the real llama-quantize chooses.</summary>
public class RecipeTests
{
    public static TheoryData<string> Cases => [.. RecipeCase.All.Select(c => c.Name)];

    public static TheoryData<string> Names => [.. Recipes.All.Select(r => r.Name)];

    [Theory]
    [MemberData(nameof(Cases))]
    public void Every_recipe_gives_every_tensor_the_type_recorded_from_llama_quantize(string name)
    {
        RecipeCase model = RecipeCase.All.Single(c => c.Name == name);
        using JsonDocument golden = JsonDocument.Parse(File.ReadAllBytes(Repository.PathOf("tests", "HafsModels.Tests", "Golden", "recipes.json")));
        JsonElement expected = golden.RootElement.GetProperty("cases").GetProperty(name);
        Assert.Equal(Recipes.All.Select(r => r.Name).Order(StringComparer.Ordinal), expected.EnumerateObject().Select(p => p.Name).Order(StringComparer.Ordinal));
        string[] types = [.. expected.EnumerateObject().Select(r => $"{r.Name}: {r.Value.GetString()}")];
        Assert.Equal(types, expected.EnumerateObject().Select(r => $"{r.Name}: {model.Describe(new QuantizationOptions(Recipes.Get(r.Name)))}"));
    }

    [SkippableTheory]
    [MemberData(nameof(Cases))]
    public void Every_recipe_gives_every_tensor_the_type_that_llama_quantize_chooses(string name)
    {
        string tools = Peers.LlamaBin;
        RecipeCase model = RecipeCase.All.Single(c => c.Name == name);
        string folder = Directory.CreateTempSubdirectory("hafs-recipes-").FullName;
        try
        {
            string source = Path.Combine(folder, "model.gguf"), importance = Path.Combine(folder, "importance.dat");
            model.Write(source);
            LlamaQuantize.WriteImportance(importance);
            foreach (Recipe recipe in Recipes.All)
            {
                (Dictionary<string, GgmlType> types, string text) = LlamaQuantize.Plan(tools, source, recipe.Name, model.HasImportance ? importance : null);
                string expected = model.Describe((role, _) => types.GetValueOrDefault(role, GgmlType.F32));
                string actual = model.Describe(new QuantizationOptions(recipe));
                Assert.Equal($"{recipe.Name}: {expected}", $"{recipe.Name}: {actual}");
                if (name == RecipeCase.All[0].Name)
                    Assert.Equal($"{recipe.Name} {text.Contains("will require an imatrix", StringComparison.Ordinal)}", $"{recipe.Name} {recipe.NeedsImportance}");
            }
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void A_recipe_is_found_by_its_name_in_any_spelling(string name)
    {
        foreach (string spelling in (string[])[name, name.ToLowerInvariant(), name.Replace('_', '-'), name.Replace("_", "", StringComparison.Ordinal)])
            Assert.Equal(name, Recipes.Get(spelling).Name);
    }

    [Theory]
    [InlineData("Q4K", "Q4_K_M")]
    [InlineData("q5k", "Q5_K_M")]
    [InlineData("Q3K", "Q3_K_M")]
    [InlineData("Q8", "Q8_0")]
    [InlineData("Q6", "Q6_K")]
    [InlineData("Q2", "Q2_K")]
    [InlineData("fp16", "F16")]
    [InlineData("FP32", "F32")]
    public void A_recipe_is_found_by_its_aliases(string alias, string name) => Assert.Equal(name, Recipes.Get(alias).Name);

    [Fact]
    public void No_spelling_names_two_recipes()
    {
        string[] spellings = [.. Recipes.All.SelectMany(r => r.Aliases.Append(r.Name).Select(a => a.Replace("_", "", StringComparison.Ordinal).ToUpperInvariant()).Distinct())];
        Assert.Equal(spellings.Distinct().Order(StringComparer.Ordinal), spellings.Order(StringComparer.Ordinal));
        Assert.Equal(Recipes.All.Count, Recipes.All.Select(r => r.FileType).Distinct().Count());
    }

    [Fact]
    public void More_bits_promise_no_less_quality() =>
        Assert.All(Recipes.All.Zip(Recipes.All.Skip(1)), pair => Assert.True(pair.First.Quality >= pair.Second.Quality, $"{pair.First.Name} {pair.Second.Name}"));
}
