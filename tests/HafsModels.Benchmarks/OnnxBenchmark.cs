using System.Globalization;
using System.Text.Json;
using HafsModels.Architectures;
using HafsModels.Conversion.Onnx;

namespace HafsModels.Benchmarks;

/// <summary>
/// Exports a generated model of the size of Llama 3.2's 3B as ONNX, in a process of its own: wall time, processor time, memory. Where <c>--python</c> names a Python with onnxruntime and onnx,
/// ONNX Runtime's own quantizer makes 4-bit blocks of the same weights in turn with ours: its command, from an fp16 graph to a file, and it may use all processors.
/// </summary>
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
            GeneratedCheckpoint.Sizes sizes = GeneratedCheckpoint.ThreeBillion;
            long bytes = GeneratedCheckpoint.Write(checkpoint, options["--tokenizer"] ?? Path.Combine("tests", "models", "kjv-llama"), sizes with { Layers = options.Number("--layers", sizes.Layers) });
            Console.WriteLine($"{ProcessorTime.ProcessorName()}, {Environment.ProcessorCount} processors; a source of {bytes / 1e9:F2} GB in bf16");
            foreach (string type in (options["--types"] ?? "q4f16,q4").Split(','))
            {
                foreach (int threads in options.Threads())
                {
                    MeasuredProcess run = Export(checkpoint, output, type, threads);
                    long written = new DirectoryInfo(Path.Combine(output, "onnx")).EnumerateFiles().Sum(f => f.Length);
                    Print($"{type}, {threads} thread(s)", run, bytes);
                    Console.WriteLine($"  {written / 1e9:F2} GB written");
                    results.Add(new(type, threads, bytes, written, run.WallSeconds, run.CpuSeconds, run.PeakBytes));
                    Directory.Delete(output, recursive: true);
                }
            }

            if (options["--python"] is { } python)
                results.AddRange(Compare(checkpoint, folder, python, options.Number("--repetitions", 3), bytes));
            else
                Console.WriteLine("ONNX Runtime's own quantizer: not run (--python names a Python that has onnxruntime and onnx)");
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
        job.Run(int.Parse(arguments[3], CultureInfo.InvariantCulture), null, default);
        return 0;
    }

    private static MeasuredProcess Export(string checkpoint, string output, string type, int threads) => MeasuredProcess.Run(Environment.ProcessPath!, "onnx-once", checkpoint, output, type, $"{threads}");

    private static IEnumerable<OnnxResult> Compare(string checkpoint, string folder, string python, int repetitions, long bytes)
    {
        string ours = Path.Combine(folder, "ours"), theirs = Path.Combine(folder, "theirs"), half = Path.Combine(folder, "half");
        Export(checkpoint, half, "fp16", 0);
        List<MeasuredProcess> ourRuns = [], theirRuns = [];
        for (int i = 0; i < repetitions; i++)
        {
            ourRuns.Add(Export(checkpoint, ours, "q4f16", Environment.ProcessorCount));
            Directory.CreateDirectory(theirs);
            theirRuns.Add(MeasuredProcess.Run(
                python, "-m", "onnxruntime.quantization.matmul_nbits_quantizer", "--input_model", Path.Combine(half, "onnx", "model_fp16.onnx"), "--output_model", Path.Combine(theirs, "model.onnx"), "--block_size", "32"));
            Console.WriteLine($"  round {i + 1}: x {theirRuns[i].WallSeconds / ourRuns[i].WallSeconds:F2} wall, x {theirRuns[i].CpuSeconds / ourRuns[i].CpuSeconds:F2} processor time");
            Directory.Delete(ours, recursive: true);
            Directory.Delete(theirs, recursive: true);
        }

        MeasuredProcess our = MeasuredProcess.Median(ourRuns), their = MeasuredProcess.Median(theirRuns);
        Print("ours", our, bytes);
        Print("ONNX Runtime's own", their, bytes);
        Console.WriteLine($"  x {their.WallSeconds / our.WallSeconds:F2} wall, x {their.CpuSeconds / our.CpuSeconds:F2} processor time");
        return [new("q4f16 in turn", Environment.ProcessorCount, bytes, 0, our.WallSeconds, our.CpuSeconds, our.PeakBytes), new("matmul_nbits_quantizer in turn", 0, bytes, 0, their.WallSeconds, their.CpuSeconds, their.PeakBytes)];
    }

    private static void Print(string name, MeasuredProcess run, long bytes) =>
        Console.WriteLine($"{name}: {run.WallSeconds:F1} s, {bytes / run.WallSeconds / 1e6:F0} MB/s of source, {run.CpuSeconds:F1} s processor time, {run.PeakBytes / 1e6:F0} MB at most in memory");

    private sealed record OnnxResult(string DataType, int Threads, long SourceBytes, long OutputBytes, double WallSeconds, double CpuSeconds, long PeakBytes);
}
