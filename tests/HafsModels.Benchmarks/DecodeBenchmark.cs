using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using HafsModels.Inference;
using HafsModels.Inference.Kernels;
using HafsModels.Quantization;
using HafsModels.Tensors;

namespace HafsModels.Benchmarks;

/// <summary>
/// Speed of the embedded decoder: with <c>--kernels</c> each kernel alone; tokens per second of a model of half a billion parameters (or of the
/// file after <c>--model</c>), in turn with llama-bench on the same file with the same threads where <c>HAFS_LLAMA_BIN</c> names llama.cpp's programs.
/// Medians. With one thread it counts processor time, which other programs disturb least; with more, wall time.
/// </summary>
internal static class DecodeBenchmark
{
    private const int PromptTokens = 128, GeneratedTokens = 48, EvaluationTokens = 256;

    public static int Run(string[] arguments)
    {
        Arguments options = new(arguments);
        Console.WriteLine(ProcessorTime.ProcessorName());
        if (options.Has("--kernels"))
        {
            foreach (RowKernel kernel in RowKernels.All)
                MeasureKernel(kernel);
            return 0;
        }

        string? model = options["--model"];
        string path = model ?? Path.Combine(Path.GetTempPath(), $"hafs-decode-{Environment.ProcessId}.gguf");
        try
        {
            if (model is null)
                GeneratedModel.Write(path, options["--recipe"] ?? "Q4_K_M");
            foreach (int threads in options.Threads())
                Compare(path, threads, options.Number("--trials", 5));
        }
        finally
        {
            if (model is null)
                File.Delete(path);
        }

        return 0;
    }

    private static void Compare(string path, int threads, int trials)
    {
        long idle = Environment.WorkingSet, bytes = new FileInfo(path).Length;
        using Decoder decoder = Decoder.Open(path, threads, default);
        string? llama = Environment.GetEnvironmentVariable("HAFS_LLAMA_BIN") is string folder ? Path.Combine(folder, "llama-bench") : null;
        Func<double>[] measurements = [() => Prompt(decoder), () => Generation(decoder), () => Perplexity(decoder), .. llama is null ? (Func<double>[])[] :
            [() => Llama(llama, path, threads, "-p", PromptTokens), () => Llama(llama, path, threads, "-n", GeneratedTokens)]];
        List<double>[] found = [.. measurements.Select(_ => new List<double>())];

        // The first of ours makes room and is not counted.
        measurements[0]();
        for (int trial = 0; trial < trials; trial++)
        {
            for (int i = 0; i < measurements.Length; i++)
                found[i].Add(measurements[i]());
        }

        double[] speed = [.. found.Select(numbers => numbers.Order().ElementAt(trials / 2))];
        Console.WriteLine($"{bytes / 1e6:F0} MB file, {decoder.ParameterCount / 1e6:F0} M parameters a token, {threads} thread(s), tokens a second of {(threads == 1 ? "processor" : "wall")} time");
        Console.WriteLine($"memory      {(Environment.WorkingSet - idle - bytes) / 1e6:F0} MB above the size of the file");
        Console.WriteLine($"prompt      {speed[0],7:F1}{Beside(speed[0], 3)}");
        Console.WriteLine($"generation  {speed[1],7:F1}{Beside(speed[1], 4)}");
        Console.WriteLine($"perplexity  {speed[2],7:F1}");

        string Beside(double ours, int theirs) => llama is null ? "   HAFS_LLAMA_BIN is not set: no peer" : $"   llama.cpp {speed[theirs],7:F1}   x {ours / speed[theirs]:F2}";
    }

    private static double Prompt(Decoder decoder) =>
        PromptTokens / Seconds(decoder.Threads, () => decoder.NewSession().Append(new int[PromptTokens], default));

    // The empty context first, so that only generated tokens are counted.
    private static double Generation(Decoder decoder)
    {
        DecoderSession session = decoder.NewSession();
        float[] logits = session.Append([1], default);
        return GeneratedTokens / Seconds(decoder.Threads, () =>
        {
            for (int i = 0; i < GeneratedTokens; i++)
                session.Append([VectorMath.IndexOfMax(logits)], logits, default);
        });
    }

    private static double Perplexity(Decoder decoder) =>
        EvaluationTokens / Seconds(decoder.Threads, () => FidelityMeasurement.Perplexity(decoder, new int[EvaluationTokens + 1], default));

    private static double Seconds(int threads, Action work)
    {
        double began = ProcessorTime.OfThisProcess();
        long start = Stopwatch.GetTimestamp();
        work();
        return threads == 1 ? ProcessorTime.OfThisProcess() - began : Stopwatch.GetElapsedTime(start).TotalSeconds;
    }

    /// <summary>Processor time is that of three repetitions less that of one, for loading takes some too; wall time is llama-bench's own.</summary>
    private static double Llama(string program, string path, int threads, string option, int tokens)
    {
        string[] arguments = ["-m", path, "-t", $"{threads}", "-p", "0", "-n", "0", option, $"{tokens}", "-o", "json", "-r"];
        if (threads == 1)
        {
            double one = Cost([.. arguments, "1", "--no-warmup"]).Cpu, three = Cost([.. arguments, "3", "--no-warmup"]).Cpu;
            return 2 * tokens / (three - one);
        }

        using JsonDocument json = JsonDocument.Parse(Cost([.. arguments, "3"]).Output);
        return json.RootElement.EnumerateArray().SelectMany(test => test.GetProperty("samples_ts").EnumerateArray()).Select(sample => sample.GetDouble()).Order().ElementAt(1);

        (double Cpu, string Output) Cost(string[] given)
        {
            double began = ProcessorTime.OfChildren();
            using Process process = Process.Start(new ProcessStartInfo(program, given) { RedirectStandardOutput = true, RedirectStandardError = true })!;
            process.ErrorDataReceived += (_, _) => { };
            process.BeginErrorReadLine();
            string output = process.StandardOutput.ReadToEnd();
            process.WaitForExit();
            if (process.ExitCode != 0)
                throw new InvalidOperationException($"{program} exited with {process.ExitCode}");
            return (ProcessorTime.OfChildren() - began, output);
        }
    }

    private static void MeasureKernel(RowKernel kernel)
    {
        const int Columns = 1024, Rows = 512;
        int rowBytes = (int)kernel.Type.RowBytes(Columns);
        var random = new Random(1);
        float[] numbers = [.. Enumerable.Range(0, Columns).Select(_ => random.NextSingle() - 0.5f)], products = new float[Rows];
        var rows = new byte[Rows * rowBytes];
        BlockFormats.Get(kernel.Type).Encode(numbers, Columns, [], rows.AsSpan(0, rowBytes));
        for (int row = 1; row < Rows; row++)
            rows.AsSpan(0, rowBytes).CopyTo(rows.AsSpan(row * rowBytes));
        var activations = new Activations();
        activations.Prepare(numbers);
        double product = double.MaxValue, widen = double.MaxValue;
        for (int trial = 0; trial < 20; trial++)
        {
            long start = Stopwatch.GetTimestamp();
            kernel.Multiply(rows, activations, products);
            product = Math.Min(product, Stopwatch.GetElapsedTime(start).TotalSeconds);
            start = Stopwatch.GetTimestamp();
            for (int row = 0; row < Rows; row++)
                kernel.Widen(rows.AsSpan(row * rowBytes, rowBytes), numbers);
            widen = Math.Min(widen, Stopwatch.GetElapsedTime(start).TotalSeconds);
        }

        string Rate(double seconds) => (Columns * Rows / seconds / 1e9).ToString("F1", CultureInfo.InvariantCulture);
        Console.WriteLine($"{kernel.Type,-6} product {Rate(product),5} G weights/s ({rows.Length / product / 1e9,5:F1} GB/s)   widen {Rate(widen),5} G weights/s");
    }
}
