using System.Diagnostics;
using System.Globalization;
using HafsModels.Inference;
using HafsModels.Inference.Kernels;
using HafsModels.Quantization;
using HafsModels.Tensors;

namespace HafsModels.Benchmarks;

/// <summary>Speed of the embedded decoder: each kernel alone, and tokens per second of a model of half a billion parameters.</summary>
internal static class DecodeBenchmark
{
    public static int Run(string[] arguments)
    {
        int threads = arguments.Length > 0 ? int.Parse(arguments[0], CultureInfo.InvariantCulture) : Environment.ProcessorCount;
        if (arguments.Length > 1)
        {
            using Decoder decoder = Decoder.Open(arguments[1], threads, default);
            Generate(decoder);
            return 0;
        }

        foreach (RowKernel kernel in RowKernels.All)
            Measure(kernel);
        using var generated = new Decoder(new GeneratedWeights(), threads, default);
        Generate(generated);
        return 0;
    }

    private static void Measure(RowKernel kernel)
    {
        const int Columns = 4096, Rows = 256;
        int rowBytes = (int)kernel.Type.RowBytes(Columns);
        var rows = new byte[Rows * rowBytes];
        var random = new Random(1);
        float[] numbers = [.. Enumerable.Range(0, Columns).Select(_ => random.NextSingle() - 0.5f)];
        BlockFormats.Get(kernel.Type).Encode(numbers, Columns, [], rows.AsSpan(0, rowBytes));
        for (int row = 1; row < Rows; row++)
            rows.AsSpan(0, rowBytes).CopyTo(rows.AsSpan(row * rowBytes));
        float[] vector = new float[Columns], products = new float[Rows];
        var activations = new Activations();
        activations.Prepare(vector);
        double best = double.MaxValue, widen = double.MaxValue;
        for (int trial = 0; trial < 20; trial++)
        {
            long start = Stopwatch.GetTimestamp();
            kernel.Multiply(rows, activations, products);
            best = Math.Min(best, Stopwatch.GetElapsedTime(start).TotalSeconds);
            start = Stopwatch.GetTimestamp();
            for (int row = 0; row < Rows; row++)
                kernel.Widen(rows.AsSpan(row * rowBytes, rowBytes), vector);
            widen = Math.Min(widen, Stopwatch.GetElapsedTime(start).TotalSeconds);
        }

        Console.WriteLine($"{kernel.Type,-6} dot {Columns * Rows / best / 1e9,7:F1} Gweights/s ({rows.Length / best / 1e9,5:F1} GB/s)   widen {Columns * Rows / widen / 1e9,7:F1} Gweights/s");
    }

    private static void Generate(Decoder decoder)
    {
        Console.WriteLine($"{decoder.Path}: {decoder.WeightBytes / 1e6:F0} MB, {decoder.Threads} threads");
        for (int trial = 0; trial < 3; trial++)
        {
            DecoderSession session = decoder.NewSession();
            long start = Stopwatch.GetTimestamp();
            session.Append(new int[128], default);
            double prompt = Stopwatch.GetElapsedTime(start).TotalSeconds;
            start = Stopwatch.GetTimestamp();
            for (int i = 0; i < 32; i++)
                session.Append([i], default);
            double generate = Stopwatch.GetElapsedTime(start).TotalSeconds;
            Console.WriteLine($"prompt {128 / prompt:F1} tokens/s   generation {32 / generate:F1} tokens/s");
        }
    }
}
