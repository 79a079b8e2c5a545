using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using HafsModels.Conversion;
using HafsModels.Formats.Gguf;

namespace HafsModels.Benchmarks;

/// <summary>
/// A generated bf16 checkpoint to a GGUF file of mixed types: ours from the checkpoint, the real llama-quantize from a bf16 GGUF of the same weights, in turn
/// and with the same number of threads, each in a process of its own.
/// </summary>
internal static class ConvertBenchmark
{
    private static readonly JsonSerializerOptions JsonOptions = new() { WriteIndented = true, PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower };

    private sealed record Result(
        string Name,
        string Type,
        int Width,
        int Threads,
        double OursMbS,
        double PeerMbS,
        double Ratio,
        double OursSeconds,
        double PeerSeconds,
        double OursCpuSeconds,
        double PeerCpuSeconds,
        long OursPeakBytes,
        long PeerPeakBytes,
        double DiskMbS,
        bool TensorsIdentical);

    public static int Run(string[] arguments)
    {
        Arguments options = new(arguments);
        string quantization = options["--type"] ?? "Q4_K_M", folder = Path.GetFullPath(options["--folder"] ?? Path.Combine(Path.GetTempPath(), "hafs-convert"));
        string peer = Path.Combine(Environment.GetEnvironmentVariable("HAFS_LLAMA_BIN") ?? throw new InvalidOperationException("HAFS_LLAMA_BIN must name the folder of llama-quantize"), "llama-quantize");
        double gigabytes = double.Parse(options["--gigabytes"] ?? "1", CultureInfo.InvariantCulture);
        string checkpoint = Path.Combine(folder, "checkpoint"), bf16 = Path.Combine(folder, "bf16.gguf"), ours = Path.Combine(folder, "ours.gguf"), theirs = Path.Combine(folder, "peer.gguf");
        try
        {
            long bytes = GeneratedCheckpoint.Write(checkpoint, options["--tokenizer"] ?? Path.Combine("tests", "models", "kjv-llama"), gigabytes);
            ConvertOnce([checkpoint, "BF16", bf16, "0"]);
            Console.WriteLine($"{ProcessorTime.ProcessorName()}, {Environment.ProcessorCount} cores; {bytes / 1e9:F2} GB of bf16 to {quantization}");
            List<Result> results = [];
            foreach (int threads in options.Threads())
                results.Add(Measure(checkpoint, bf16, ours, theirs, peer, quantization, threads, options.Number("--repetitions", 3), bytes));
            if (options["--json"] is string file)
                File.WriteAllText(file, JsonSerializer.Serialize(results, JsonOptions));
            return results.All(r => r.TensorsIdentical) ? 0 : 1;
        }
        finally
        {
            if (!options.Has("--keep") && Directory.Exists(folder))
                Directory.Delete(folder, recursive: true);
        }
    }

    /// <summary>One conversion, for the process that is measured: CHECKPOINT TYPE OUTPUT THREADS.</summary>
    public static int ConvertOnce(string[] arguments)
    {
        new Workbench(Path.Combine(Path.GetDirectoryName(Path.GetFullPath(arguments[2]))!, "registry.json")).Convert(
            new ConvertRequest
            {
                Path = arguments[0],
                Quantization = arguments[1],
                OutputPath = arguments[2],
                Threads = int.Parse(arguments[3], CultureInfo.InvariantCulture),
                SkipVerification = true,
                Force = true,
            },
            progress: null,
            CancellationToken.None);
        return 0;
    }

    private static Result Measure(string checkpoint, string bf16, string ours, string theirs, string peer, string quantization, int threads, int repetitions, long bytes)
    {
        string count = threads.ToString(CultureInfo.InvariantCulture);
        List<MeasuredProcess> ourRuns = [], peerRuns = [];
        List<double> disk = [];
        for (int i = 0; i < repetitions; i++)
        {
            ourRuns.Add(MeasuredProcess.Run(Environment.ProcessPath!, "convert-once", checkpoint, quantization, ours, count));
            peerRuns.Add(MeasuredProcess.Run(peer, bf16, theirs, quantization, count));
            disk.Add(DiskSpeed(Path.Combine(Path.GetDirectoryName(ours)!, "disk.tmp")));
        }

        MeasuredProcess our = MeasuredProcess.Median(ourRuns), their = MeasuredProcess.Median(peerRuns);
        double diskSpeed = disk.Order().ElementAt(disk.Count / 2);
        bool identical = SameTensors(ours, theirs, out string difference);
        long outputBytes = new FileInfo(ours).Length;
        Console.WriteLine($"{threads} thread(s)");
        Print("ours", our, bytes);
        Print("llama-quantize", their, bytes);
        Console.WriteLine($"  x {their.WallSeconds / our.WallSeconds:F2} wall, x {their.CpuSeconds / our.CpuSeconds:F2} processor time; {difference}");
        Console.WriteLine($"  the disk takes {diskSpeed / 1e6:F0} MB/s: {outputBytes / diskSpeed:F2} s for the {outputBytes / 1e6:F0} MB written");
        return new(
            $"convert {quantization}",
            quantization,
            32 * (int)Quantization.Lanes.LaneWidths.Widest,
            threads,
            bytes / our.WallSeconds / 1e6,
            bytes / their.WallSeconds / 1e6,
            their.WallSeconds / our.WallSeconds,
            our.WallSeconds,
            their.WallSeconds,
            our.CpuSeconds,
            their.CpuSeconds,
            our.PeakBytes,
            their.PeakBytes,
            diskSpeed / 1e6,
            identical);
    }

    private static void Print(string name, MeasuredProcess run, long bytes)
        => Console.WriteLine($"  {name,-15} {run.WallSeconds,8:F2} s {bytes / run.WallSeconds / 1e6,8:F0} MB/s of source, {run.CpuSeconds,7:F2} s processor time, {run.PeakBytes / 1e6,6:F0} MB at most in memory");

    // Bytes a second that reach the disk.
    private static double DiskSpeed(string path)
    {
        byte[] piece = new byte[8 << 20];
        Random.Shared.NextBytes(piece);
        long start = Stopwatch.GetTimestamp();
        using (FileStream file = File.Create(path))
        {
            for (int i = 0; i < 32; i++)
                file.Write(piece);
            file.Flush(flushToDisk: true);
        }

        double seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
        File.Delete(path);
        return 32.0 * piece.Length / seconds;
    }

    private static bool SameTensors(string ours, string theirs, out string difference)
    {
        using GgufFile a = GgufFile.Open(ours), b = GgufFile.Open(theirs);
        byte[] left = new byte[1 << 20], right = new byte[1 << 20];
        int different = 0;
        foreach (GgufTensor tensor in a.Tensors)
        {
            if (b.FindTensor(tensor.Name) is not { } other || other.Type != tensor.Type || other.ByteSize != tensor.ByteSize)
            {
                different++;
                continue;
            }

            for (long offset = 0; offset < tensor.ByteSize; offset += left.Length)
            {
                int count = (int)Math.Min(left.Length, tensor.ByteSize - offset);
                a.ReadBytes(tensor, offset, left.AsSpan(0, count));
                b.ReadBytes(other, offset, right.AsSpan(0, count));
                if (left.AsSpan(0, count).SequenceEqual(right.AsSpan(0, count)))
                    continue;
                different++;
                break;
            }
        }

        bool isSame = different == 0 && a.Tensors.Count == b.Tensors.Count;
        difference = isSame ? $"all {a.Tensors.Count} tensors are identical" : $"{different} of {a.Tensors.Count} tensors DIFFER (the peer has {b.Tensors.Count})";
        return isSame;
    }
}
