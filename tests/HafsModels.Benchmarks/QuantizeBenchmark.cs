using System.Diagnostics;
using System.Runtime.Intrinsics;
using System.Text.Json;
using HafsModels.Quantization;
using HafsModels.Quantization.Lanes;
using HafsModels.Tests.Quantization;

namespace HafsModels.Benchmarks;

/// <summary>Every type: our engine and <c>ggml_quantize_chunk</c> in turn, on the same numbers with the same number of threads.</summary>
internal static class QuantizeBenchmark
{
    private const int RowLength = 4096;

    private static readonly JsonSerializerOptions JsonOptions = new() { WriteIndented = true, PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower };

    private sealed record Result(string Name, string Type, int Width, int Threads, double OursMbS, double PeerMbS, double Ratio, double BandwidthShare);

    public static int Run(string[] arguments)
    {
        Arguments options = new(arguments);
        Ggml ggml = Arguments.Peer();
        int repetitions = options.Number("--repetitions", 7), rowCount = options.Number("--rows", 1024);
        float[] importance = options.Has("--importance") ? Distribution.MakeImportance(RowLength) : [];
        ReadOnlyMemory<float> rows = Rows(rowCount);
        List<Result> results = [];
        foreach (int threads in options.Threads())
        {
            double bandwidth = ReadBandwidth(threads);
            Console.WriteLine($"{ProcessorTime.ProcessorName()}, {threads} thread(s), reads {bandwidth / 1e9:F1} GB/s; MB/s of float32 in, medians of {repetitions}");
            foreach (BlockFormat format in options.Formats())
            {
                float[] weights = importance.Length == 0 && format.NeedsImportance ? Distribution.MakeImportance(RowLength) : importance;
                foreach (LaneWidth width in LaneWidths.Supported.Where(w => w != LaneWidth.One || options.Has("--scalar")))
                {
                    (double ours, double peer) = Measure(format, width, ggml, rows, weights, threads, repetitions);
                    string name = weights.Length == 0 ? $"{format.Type}" : $"{format.Type} importance";
                    results.Add(new(name, format.Type.ToString(), 32 * (int)width, threads, ours, peer, ours / peer, ours * 1e6 / bandwidth));
                    Console.WriteLine($"{name,-20} {32 * (int)width,4} bits {ours,9:F0} ggml {peer,9:F1}   x {ours / peer,6:F2}   {ours * 1e6 / bandwidth,6:P0} of bandwidth");
                }
            }
        }

        if (options["--json"] is string file)
            File.WriteAllText(file, JsonSerializer.Serialize(results, JsonOptions));
        return 0;
    }

    // They lie in memory as those of a conversion do.
    private static Memory<float> Rows(int count)
    {
        Memory<float> rows = CacheLines.Allocate(RowLength * count);
        Distribution.All.Single(d => d.Name == "bf16").Make(rows.Length).CopyTo(rows);
        return rows;
    }

    // ggml gets fewer rows, so that both take some milliseconds.
    private static (double Ours, double Peer) Measure(BlockFormat format, LaneWidth width, Ggml ggml, ReadOnlyMemory<float> rows, float[] importance, int threads, int repetitions)
    {
        byte[] ours = new byte[rows.Length / format.BlockElements * format.BlockBytes], peer = new byte[ours.Length];
        double probe = Time(() => ggml.Quantize(format.Type, rows.Span[..(4 * RowLength)], RowLength, importance, peer.AsSpan(0, ours.Length / (rows.Length / RowLength) * 4)));
        int peerRows = Math.Clamp((int)(0.02 / (probe / 4)) / threads, 4, rows.Length / RowLength / threads);
        int ourRows = rows.Length / RowLength / threads;
        List<double> ourRates = [], peerRates = [];
        for (int i = 0; i < repetitions + 3; i++)
        {
            double ourTime = Parallel(threads, t => Encode(t, ourRows, ours, (x, to) => format.Encode(width, x, RowLength, importance, to)));
            double peerTime = Parallel(threads, t => Encode(t, peerRows, peer, (x, to) => ggml.Quantize(format.Type, x, RowLength, importance, to)));
            if (i < 3)
                continue;
            ourRates.Add(ourRows * threads * RowLength * 4.0 / ourTime / 1e6);
            peerRates.Add(peerRows * threads * RowLength * 4.0 / peerTime / 1e6);
        }

        return (Median(ourRates), Median(peerRates));

        void Encode(int thread, int count, byte[] destination, EncodeRows encode)
        {
            // Tiles of 16 rows, as a conversion works.
            int rowBytes = destination.Length / (rows.Length / RowLength);
            for (int row = thread * count; row < (thread + 1) * count; row += 16)
            {
                int n = Math.Min(16, (thread + 1) * count - row);
                encode(rows.Span.Slice(row * RowLength, n * RowLength), destination.AsSpan(row * rowBytes, n * rowBytes));
            }
        }
    }

    private delegate void EncodeRows(ReadOnlySpan<float> rows, Span<byte> destination);

    // Processor time of all threads, divided by how many they are: what the wall clock shows where nothing else runs, as their parts are equal. Other programs
    // on the machine disturb it least.
    private static double Parallel(int threads, Action<int> work)
    {
        if (threads == 1)
            return CpuTime(() => work(0));
        return CpuTime(() =>
        {
            Thread[] started = [.. Enumerable.Range(0, threads).Select(t => new Thread(() => work(t)))];
            foreach (Thread thread in started)
                thread.Start();
            foreach (Thread thread in started)
                thread.Join();
        }) / threads;
    }

    private static double Time(Action action)
    {
        long start = Stopwatch.GetTimestamp();
        action();
        return Stopwatch.GetElapsedTime(start).TotalSeconds;
    }

    private static double CpuTime(Action action)
    {
        TimeSpan start = Environment.CpuUsage.TotalTime;
        action();
        return (Environment.CpuUsage.TotalTime - start).TotalSeconds;
    }

    private static double Median(List<double> values) => values.Order().ElementAt(values.Count / 2);

    // Bytes a second that come from memory when nothing is done with them.
    private static double ReadBandwidth(int threads)
    {
        float[] memory = new float[64 << 20];
        memory.AsSpan().Fill(1);
        int each = memory.Length / threads;
        double best = double.MaxValue;
        for (int i = 0; i < 5; i++)
        {
            best = Math.Min(best, Parallel(threads, t =>
            {
                ReadOnlySpan<float> part = memory.AsSpan(t * each, each);
                Vector256<float> sum = default;
                for (int j = 0; j + 32 <= part.Length; j += 32)
                    sum += Vector256.Create(part[j..]) + Vector256.Create(part[(j + 8)..]) + Vector256.Create(part[(j + 16)..]) + Vector256.Create(part[(j + 24)..]);
                GC.KeepAlive(sum[0]);
            }));
        }

        return memory.Length * 4.0 / best;
    }
}
