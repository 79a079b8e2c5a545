using System.Diagnostics;
using System.Globalization;
using System.Text;
using HafsModels.Registry;

namespace HafsModels.Benchmarks;

/// <summary>A registry of many models in files: read for the first time, listed with filters, asked for ids as a completer asks, and written.</summary>
internal static class RegistryBenchmark
{
    public static int Run(string[] arguments)
    {
        Arguments options = new(arguments);
        int models = options.Number("--models", 10_000), repetitions = options.Number("--repetitions", 25);
        string folder = Directory.CreateTempSubdirectory("hafs-registry-").FullName, path = Path.Combine(folder, "registry.json");
        try
        {
            Write(path, models);
            var query = new ModelQuery { Ids = ["m0*"], Role = "asm", Tags = ["t4"], Format = "gguf" };
            Console.WriteLine($"{ProcessorTime.ProcessorName()}, {Environment.ProcessorCount} cores; {models:N0} models, {new FileInfo(path).Length / 1e6:F1} MB");
            Print("first reading", Measure(1, () => ModelRegistry.Open(path).Find(query)), null);
            double list = Print("list with filters, warm", Measure(repetitions, () => ModelRegistry.Open(path).Find(query)), 150);
            Print("list of all, warm", Measure(repetitions, () => ModelRegistry.Open(path).Find(new ModelQuery())), null);
            double complete = Print("ids that begin so, warm", Measure(repetitions, () => _ = ModelRegistry.Open(path).Find(new ModelQuery()).Count(m => m.Id.StartsWith("m001", StringComparison.OrdinalIgnoreCase))), 50);
            Print("update of one", Measure(Math.Min(repetitions, 5), () => ModelRegistry.Open(path).Update("m00007", m => m with { TrainSamples = m.TrainSamples + 1 }, default)), null);
            return list <= 150 && complete <= 50 ? 0 : 1;
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static void Write(string path, int models)
    {
        var text = new StringBuilder("{\"version\": \"1.0\", \"updated_at\": \"2025-12-22T10:11:12.123456\", \"models\": {");
        for (int i = 0; i < models; i++)
        {
            string id = string.Create(CultureInfo.InvariantCulture, $"m{i:00000}");
            string record = HafsModels.Registry.Json.JsonText.Write(ModelRecord.Create(new Model
            {
                Id = id,
                DisplayName = $"Model {i}",
                BaseModel = "meta-llama/Llama-3.1-8B",
                Role = i % 2 == 0 ? "asm" : "debug",
                Path = "/models/" + id,
                Formats = ["safetensors", "gguf"],
                Locations = new Dictionary<string, string> { ["mac"] = "/models/" + id },
                Hyperparameters = new Dictionary<string, object?> { ["learning_rate"] = 2e-5, ["epochs"] = 3L, ["batch_size"] = 4L },
                Tags = [$"t{i % 10}"],
                EvalLoss = i / 7.0,
                CreatedAt = "2025-12-22T10:11:12.123456",
                UpdatedAt = "2025-12-22T10:11:12.123456",
            }));
            text.Append(i == 0 ? "" : ", ").Append('"').Append(id).Append("\": ").Append(record);
        }

        File.WriteAllText(path, text.Append("}}").ToString());
    }

    private static double[] Measure(int repetitions, Action action) =>
        [.. Enumerable.Range(0, repetitions).Select(_ =>
        {
            long start = Stopwatch.GetTimestamp();
            action();
            return Stopwatch.GetElapsedTime(start).TotalMilliseconds;
        }).Order()];

    private static double Print(string what, double[] sorted, double? bar)
    {
        double median = sorted[sorted.Length / 2];
        Console.WriteLine($"  {what,-26} {median,8:F1} ms, best {sorted[0]:F1}, worst {sorted[^1]:F1}{(bar is null ? "" : $" (at most {bar:F0})")}");
        return median;
    }
}
