using System.Text.Encodings.Web;
using System.Text.Json;
using HafsModels.Quantization;
using HafsModels.Tensors;
using HafsModels.Tests.Quantization;

namespace HafsModels.Benchmarks;

/// <summary>Writes which types the real llama-quantize chooses for models of many sizes, for tests on machines that lack it.</summary>
internal static class RecipesCommand
{
    private static readonly JsonSerializerOptions Options = new() { WriteIndented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static int Run(string file)
    {
        string tools = Environment.GetEnvironmentVariable("HAFS_LLAMA_BIN") ?? throw new InvalidOperationException("HAFS_LLAMA_BIN must name the folder of llama-quantize");
        string folder = Directory.CreateTempSubdirectory("hafs-recipes-").FullName;
        string source = Path.Combine(folder, "model.gguf"), importance = Path.Combine(folder, "importance.dat");
        LlamaQuantize.WriteImportance(importance);
        var cases = new Dictionary<string, Dictionary<string, string>>();
        foreach (RecipeCase model in RecipeCase.All)
        {
            model.Write(source);
            cases[model.Name] = Recipes.All.ToDictionary(r => r.Name, r =>
            {
                (Dictionary<string, GgmlType> types, _) = LlamaQuantize.Plan(tools, source, r.Name, model.HasImportance ? importance : null);
                return model.Describe((role, _) => types.GetValueOrDefault(role, GgmlType.F32));
            });
        }

        Directory.Delete(folder, recursive: true);
        foreach (RecipeCase model in RecipeCase.All)
        {
            foreach (Recipe recipe in Recipes.All)
            {
                string ours = model.Describe(new QuantizationOptions(recipe));
                string[] a = ours.Split("; "), b = cases[model.Name][recipe.Name].Split("; ");
                if (ours != cases[model.Name][recipe.Name])
                    Console.WriteLine($"{model.Name}, {recipe.Name}: ours {string.Join("; ", a.Except(b))} | llama-quantize {string.Join("; ", b.Except(a))}");
            }
        }

        File.WriteAllText(file, JsonSerializer.Serialize(
            new
            {
                tool = "llama-quantize of llama.cpp build 11669 (Debian unstable)",
                command = "HAFS_LLAMA_BIN=… dotnet run -c Release --project tests/HafsModels.Benchmarks -- recipes tests/HafsModels.Tests/Golden/recipes.json",
                content = "model by its sizes (RecipeCase.All) -> recipe -> type of each tensor block after block, from llama-quantize --dry-run; tensors left in float32 are not named",
                cases,
            },
            Options) + "\n");
        return 0;
    }
}
