using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;
using HafsModels.Architectures;
using HafsModels.Conversion;
using HafsModels.Inference;
using HafsModels.Measurement;
using HafsModels.Quantization;
using HafsModels.Tokenizers;

namespace HafsModels.Benchmarks;

/// <summary>
/// Types chosen by measurement against the stock recipe at the same size: for each model and recipe, a file no larger than the recipe's, and how both answer
/// on a text that the choice has not seen. With <c>HAFS_LLAMA_BIN</c> the real llama-perplexity reads both files too.
/// </summary>
internal static partial class TargetBenchmark
{
    private static readonly JsonSerializerOptions Json = new() { WriteIndented = true };

    public static int Run(string[] given)
    {
        var arguments = new Arguments(given);
        string text = File.ReadAllText(arguments["--text"] ?? Path.Combine("tests", "models", "val.txt"));
        string[] models = (arguments["--models"] ?? "tests/models/kjv-llama,tests/models/kjv-qwen2").Split(',');
        string[] recipes = (arguments["--recipes"] ?? "Q2_K,Q3_K_M,Q4_0,Q4_K_M,Q5_K_M").Split(',');
        string? llama = Environment.GetEnvironmentVariable("HAFS_LLAMA_BIN");
        string folder = Directory.CreateTempSubdirectory("hafs-target-").FullName;
        var results = new List<TargetResult>();
        Console.WriteLine("| model | recipe | recipe's bytes | chosen bytes | recipe's perplexity | chosen perplexity | difference ± 2 standard errors | recipe's KL, nats | chosen KL, nats | KL ratio |"
            + (llama is null ? "" : " llama-perplexity: recipe | llama-perplexity: chosen |"));
        Console.WriteLine("|---|---|---:|---:|---:|---:|---:|---:|---:|---:|" + (llama is null ? "" : "---:|---:|"));
        try
        {
            foreach (string model in models)
            {
                foreach (string recipe in recipes)
                {
                    TargetResult result = Compare(model, recipe, text, folder, arguments["--text"] ?? Path.Combine("tests", "models", "val.txt"), llama);
                    results.Add(result);
                    Console.WriteLine(result.ToRow());
                }
            }
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }

        if (arguments["--json"] is string file)
            File.WriteAllText(file, JsonSerializer.Serialize(results, Json) + "\n");
        return results.All(r => r.ChosenBytes <= r.RecipeBytes && r.Difference <= 2 * r.StandardError && r.ChosenDivergence <= r.RecipeDivergence) ? 0 : 1;
    }

    private static TargetResult Compare(string path, string recipe, string text, string folder, string textPath, string? llama)
    {
        string stockFile = Path.Combine(folder, "stock.gguf"), chosenFile = Path.Combine(folder, "chosen.gguf");
        using ModelFolder model = ModelFolder.Open(path);
        Vocabulary vocabulary = Vocabulary.Load(path);
        var options = new GgufExportOptions { Name = Path.GetFileName(path) };
        ExportPlan stock = GgufExport.Plan(model, vocabulary, new(Recipes.Get(recipe)), options);
        PlanRunner.Run(stock, stockFile, 0, false, null, CancellationToken.None);
        TypeChoice choice = TypeChoice.Choose(stock, model.Source, new SizeTarget(stock.FileBytes, null), new TypeChoiceOptions(), null, CancellationToken.None);
        ExportPlan chosen = GgufExport.Plan(model, vocabulary, new(choice.NearestRecipe) { ExactTypes = choice.Types }, options);
        PlanRunner.Run(chosen, chosenFile, 0, false, null, CancellationToken.None);

        using TextGenerator source = TextGenerator.Open(path, 0, CancellationToken.None);
        using Decoder stockDecoder = Decoder.Open(stockFile, 0, CancellationToken.None), chosenDecoder = Decoder.Open(chosenFile, 0, CancellationToken.None);
        var found = new List<(LogitComparison Stock, LogitComparison Chosen)>();
        int size = source.Decoder.Config.VocabularySize;
        new TextWindows(FidelityMeasurement.WindowTokens).Run([source.Decoder, stockDecoder, chosenDecoder], source.Tokenizer.Encode(text), (targets, logits) =>
        {
            for (int i = 0; i < targets.Length; i++)
            {
                ReadOnlySpan<float> Of(int decoder) => logits[decoder].Span.Slice(i * size, size);
                found.Add((LogitComparison.Of(Of(0), Of(1), targets.Span[i]), LogitComparison.Of(Of(0), Of(2), targets.Span[i])));
            }
        }, CancellationToken.None);

        // The two are compared token by token: what both find hard cancels out.
        double[] differences = [.. found.Select(f => f.Chosen.ResultLoss - f.Stock.ResultLoss)];
        double mean = differences.Average(), variance = differences.Sum(d => (d - mean) * (d - mean)) / (differences.Length - 1);
        double stockPerplexity = Math.Exp(found.Average(f => f.Stock.ResultLoss)), chosenPerplexity = Math.Exp(found.Average(f => f.Chosen.ResultLoss));
        return new TargetResult(
            options.Name, recipe, new FileInfo(stockFile).Length, new FileInfo(chosenFile).Length, choice.Mixture, found.Count, Math.Exp(found.Average(f => f.Stock.SourceLoss)), stockPerplexity, chosenPerplexity,
            chosenPerplexity - stockPerplexity, stockPerplexity * Math.Sqrt(variance / differences.Length), found.Average(f => f.Stock.Divergence), found.Average(f => f.Chosen.Divergence),
            llama is null ? null : LlamaPerplexity(llama, stockFile, textPath), llama is null ? null : LlamaPerplexity(llama, chosenFile, textPath));
    }

    private static double LlamaPerplexity(string tools, string file, string text)
    {
        using Process process = Process.Start(new ProcessStartInfo(Path.Combine(tools, "llama-perplexity"), ["-m", file, "-f", text, "-c", "256", "-b", "256", "--no-warmup"]) { RedirectStandardError = true, RedirectStandardOutput = true })!;
        Task<string> errors = process.StandardError.ReadToEndAsync();
        string output = process.StandardOutput.ReadToEnd() + errors.Result;
        process.WaitForExit();
        Match final = FinalEstimate().Match(output);
        return final.Success ? double.Parse(final.Groups[1].Value, CultureInfo.InvariantCulture) : throw new InvalidOperationException("llama-perplexity: " + output);
    }

    [GeneratedRegex(@"Final estimate: PPL = ([0-9.]+)")]
    private static partial Regex FinalEstimate();
}
