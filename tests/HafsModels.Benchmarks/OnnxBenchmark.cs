using System.Text.Json;
using HafsModels.Architectures;
using HafsModels.Conversion.Onnx;

namespace HafsModels.Benchmarks;

/// <summary>Exports a generated model of the size of Llama 3.2's 3B as ONNX, in a process of its own: wall time, processor time, memory.</summary>
internal static class OnnxBenchmark
{
    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true };

    public static int Run(string[] arguments)
    {
        var options = new Arguments(arguments);
        string folder = options["--folder"] ?? Path.Combine(Path.GetTempPath(), "hafs-onnx-benchmark"), checkpoint = Path.Combine(folder, "model"), output = Path.Combine(folder, "output");
        var results = new List<OnnxResult>();
        try
        {
            string small = options["--tokenizer"] ?? Path.Combine("tests", "models", "kjv-llama");
            long bytes = GeneratedCheckpoint.Write(checkpoint, small, GeneratedCheckpoint.ThreeBillion);
            Console.WriteLine($"{ProcessorTime.ProcessorName()}, {Environment.ProcessorCount} processors; a source of {bytes / 1e9:F2} GB in bf16");
            foreach (string type in (options["--types"] ?? "q4f16,q4").Split(','))
            {
                foreach (int threads in options.Threads())
                {
                    MeasuredProcess run = MeasuredProcess.Run(Environment.ProcessPath!, "onnx-once", checkpoint, output, type, $"{threads}");
                    long written = new DirectoryInfo(Path.Combine(output, "onnx")).EnumerateFiles().Sum(f => f.Length);
                    Console.WriteLine($"{type}, {threads} thread(s): {run.WallSeconds:F1} s, {bytes / run.WallSeconds / 1e6:F0} MB/s of source, {run.CpuSeconds:F1} s processor time, {run.PeakBytes / 1e6:F0} MB at most in memory, {written / 1e9:F2} GB written");
                    results.Add(new(type, threads, bytes, written, run.WallSeconds, run.CpuSeconds, run.PeakBytes));
                    Directory.Delete(output, recursive: true);
                }
            }

            if (options["--json"] is { } json)
                File.WriteAllText(json, JsonSerializer.Serialize(results, Indented));
            return 0;
        }
        finally
        {
            if (Directory.Exists(folder))
                Directory.Delete(folder, recursive: true);
        }
    }

    public static int ExportOnce(string[] arguments)
    {
        using OnnxJob job = OnnxJob.Open(new OnnxRequest { DataTypes = [arguments[2]], OutputPath = arguments[1] }, new ModelSource(arguments[0]));
        job.Run(int.Parse(arguments[3], System.Globalization.CultureInfo.InvariantCulture), null, default);
        return 0;
    }

    private sealed record OnnxResult(string DataType, int Threads, long SourceBytes, long OutputBytes, double WallSeconds, double CpuSeconds, long PeakBytes);
}
