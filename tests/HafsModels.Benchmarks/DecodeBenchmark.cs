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
/// file after <c>--model</c>), beside llama-bench on the same file with the same threads where <c>HAFS_LLAMA_BIN</c> names llama.cpp's programs.
/// </summary>
internal static class DecodeBenchmark
{
    private const int PromptTokens = 128, GeneratedTokens = 48, Trials = 3;

    public static int Run(string[] arguments)
    {
        Arguments options = new(arguments);
        int threads = options.Number("--threads", Environment.ProcessorCount);
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
            Compare(path, threads);
        }
        finally
        {
            if (model is null)
                File.Delete(path);
        }

        return 0;
    }

    private static void Compare(string path, int threads)
    {
        long idle = Environment.WorkingSet;
        (double prompt, double generation) ours;
        using (Decoder decoder = Decoder.Open(path, threads, default))
        {
            ours = MeasureDecoder(decoder);
            Console.WriteLine($"{new FileInfo(path).Length / 1e6:F0} MB file, {decoder.ParameterCount / 1e6:F0} M parameters a token, {threads} thread(s)");
            Console.WriteLine($"memory: {(Environment.WorkingSet - idle - new FileInfo(path).Length) / 1e6:F0} MB above the size of the file");
        }

        if (Environment.GetEnvironmentVariable("HAFS_LLAMA_BIN") is not string llama)
        {
            Console.WriteLine($"prompt {ours.prompt:F1} tokens/s, generation {ours.generation:F1} tokens/s; HAFS_LLAMA_BIN is not set: no peer");
            return;
        }

        (double prompt, double generation) theirs = MeasureLlama(Path.Combine(llama, "llama-bench"), path, threads);
        Console.WriteLine($"prompt      {ours.prompt,7:F1} tokens/s   llama.cpp {theirs.prompt,7:F1}   x {ours.prompt / theirs.prompt:F2}");
        Console.WriteLine($"generation  {ours.generation,7:F1} tokens/s   llama.cpp {theirs.generation,7:F1}   x {ours.generation / theirs.generation:F2}");
    }

    private static (double Prompt, double Generation) MeasureDecoder(Decoder decoder)
    {
        double prompt = 0, generation = 0;
        for (int trial = 0; trial < Trials; trial++)
        {
            long start = Stopwatch.GetTimestamp();
            decoder.NewSession().Append(new int[PromptTokens], default);
            prompt = Math.Max(prompt, PromptTokens / Stopwatch.GetElapsedTime(start).TotalSeconds);
            generation = Math.Max(generation, decoder.Generate([1], new GenerationOptions { MaxTokens = GeneratedTokens }, null, default).TokensPerSecond);
        }

        return (prompt, generation);
    }

    private static (double Prompt, double Generation) MeasureLlama(string program, string path, int threads)
    {
        string[] arguments = ["-m", path, "-t", $"{threads}", "-p", $"{PromptTokens}", "-n", $"{GeneratedTokens}", "-r", $"{Trials}", "-o", "json"];
        using Process process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        process.ErrorDataReceived += (_, _) => { };
        process.BeginErrorReadLine();
        using JsonDocument json = JsonDocument.Parse(process.StandardOutput.ReadToEnd());
        double Best(string key) => json.RootElement.EnumerateArray().Where(test => test.GetProperty(key).GetInt32() > 0)
            .SelectMany(test => test.GetProperty("samples_ts").EnumerateArray()).Max(sample => sample.GetDouble());
        return (Best("n_prompt"), Best("n_gen"));
    }

    private static void MeasureKernel(RowKernel kernel)
    {
        const int Columns = 4096, Rows = 256;
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
