using System.Diagnostics;
using HafsModels.Architectures;
using HafsModels.Inference;
using HafsModels.Measurement.Reports;

namespace HafsModels.Measurement;

/// <summary>Runs a source and the files made of it on the same tokens.</summary>
internal static class ModelMeasuring
{
    private const int PromptTokens = 256;

    /// <summary>Measures the source first, then each file.</summary>
    /// <param name="source">The source.</param>
    /// <param name="files">Files made of it, each with its quantization.</param>
    /// <param name="request">On what.</param>
    /// <param name="progress">Told which one is run.</param>
    /// <param name="cancellationToken">Ends the work.</param>
    public static IReadOnlyList<ModelMeasurement> Run(ModelSource source, IReadOnlyList<(string Path, string Quantization)> files, MeasureRequest request, IProgress<WorkProgress>? progress, CancellationToken cancellationToken)
    {
        var options = new FidelityOptions { Text = request.EvaluationText, MaxTokens = request.MaxTokens, Threads = request.Threads };
        Report(progress, request.ModelId, "the source", 0, files.Count + 1);
        using TextGenerator original = TextGenerator.Open(source, request.Threads, cancellationToken);
        int[] prompt = original.Tokenizer.Encode(request.EvaluationText ?? EvaluationText.Read());
        prompt = prompt[..Math.Min(prompt.Length, Math.Min(PromptTokens, original.Decoder.Config.ContextLength))];
        var results = new List<ModelMeasurement>(files.Count + 1);
        if (files.Count == 0)
        {
            Fidelity alone = FidelityMeasurement.Measure(original, original, options, cancellationToken);
            return [Of(request.ModelId, original, "source", alone.Tokens, alone.SourcePerplexity, 0, 1, alone.SourceTokensPerSecond, prompt, cancellationToken)];
        }

        for (int i = 0; i < files.Count; i++)
        {
            Report(progress, request.ModelId, files[i].Path, i + 1, files.Count + 1);
            using TextGenerator result = TextGenerator.Open(files[i].Path, request.Threads, cancellationToken);
            Fidelity f = FidelityMeasurement.Measure(original, result, options, cancellationToken);
            if (i == 0)
                results.Add(Of(request.ModelId, original, "source", f.Tokens, f.SourcePerplexity, 0, 1, f.SourceTokensPerSecond, prompt, cancellationToken));
            results.Add(Of(request.ModelId, result, files[i].Quantization, f.Tokens, f.ResultPerplexity, f.MeanKlDivergence, f.Top1Agreement, f.ResultTokensPerSecond, prompt, cancellationToken));
        }

        return results;
    }

    /// <summary>The measurements as a page with charts.</summary>
    public static ChartReport Chart(IReadOnlyList<ModelMeasurement> all) => new(
        $"{all[0].ModelId}: measured",
        $"{all[0].Tokens:N0} tokens of the same text through the embedded decoder",
        [
            new("Perplexity, lower is better", [.. all.Select(m => new BarList.Bar(m.Quantization, m.Perplexity, HumanNumber.Fixed(m.Perplexity, 3), "size"))]),
            new("KL divergence from the source, nats per token", [.. all.Select(m => new BarList.Bar(m.Quantization, m.MeanKlDivergence, HumanNumber.Fixed(m.MeanKlDivergence, 5), "size"))]),
            new("Memory of the weights", [.. all.Select(m => new BarList.Bar(m.Quantization, m.WeightBytes, HumanNumber.Bytes(m.WeightBytes), "size"))]),
            new("Generated tokens per second", [.. all.Select(m => new BarList.Bar(m.Quantization, m.TokensPerSecond, HumanNumber.Fixed(m.TokensPerSecond, 1), "size"))]),
        ],
        ["Quantization", "File", "Memory", "Perplexity", "KL divergence", "Same first choice", "Prompt tokens/s", "Tokens/s"],
        [.. all.Select(m => new[]
        {
            m.Quantization, System.IO.Path.GetFileName(m.Path), HumanNumber.Bytes(m.WeightBytes), HumanNumber.Fixed(m.Perplexity, 4), HumanNumber.Fixed(m.MeanKlDivergence, 6), HumanNumber.Percent(m.Top1Agreement),
            HumanNumber.Fixed(m.PromptTokensPerSecond, 0), HumanNumber.Fixed(m.TokensPerSecond, 1),
        })],
        "Speeds are of this machine while it measured.");

    private static ModelMeasurement Of(
        string id, TextGenerator model, string quantization, int tokens, double perplexity, double divergence, double agreement, double speed, int[] prompt, CancellationToken cancellationToken)
    {
        long start = Stopwatch.GetTimestamp();
        model.Decoder.Logits(prompt, cancellationToken);
        return new ModelMeasurement
        {
            ModelId = id,
            Path = model.Decoder.Path,
            Quantization = quantization,
            WeightBytes = model.Decoder.WeightBytes,
            Tokens = tokens,
            Perplexity = perplexity,
            MeanKlDivergence = divergence,
            Top1Agreement = agreement,
            PromptTokensPerSecond = prompt.Length / Stopwatch.GetElapsedTime(start).TotalSeconds,
            TokensPerSecond = speed,
        };
    }

    private static void Report(IProgress<WorkProgress>? progress, string id, string what, int done, int all) => progress?.Report(new WorkProgress($"Measuring {id}", what, done, all));
}
