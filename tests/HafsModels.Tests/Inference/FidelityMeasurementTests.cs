using HafsModels.Inference;
using HafsModels.Tensors;
using Xunit;

namespace HafsModels.Tests.Inference;

public class FidelityMeasurementTests
{
    /// <summary>Tokens the fixtures find probable: the reference prompts and their continuations.</summary>
    private static readonly int[] Tokens = [.. Reference.Of("kjv-llama").Prompts.SelectMany(prompt => prompt.Ids.Concat(prompt.Greedy))];

    [Fact]
    public void A_model_compared_with_itself_agrees_everywhere_and_does_not_diverge()
    {
        using var decoder = new Decoder(TestCheckpoint.Weights("kjv-llama"), 2, default);
        Fidelity fidelity = Compare(decoder, decoder);
        Assert.Equal(Tokens.Length - 1, fidelity.Tokens);
        Assert.Equal(1, fidelity.Top1Agreement);
        Assert.InRange(fidelity.MeanKlDivergence, 0, 1e-12);
        Assert.Equal(fidelity.SourcePerplexity, fidelity.ResultPerplexity, 1e-9);
        Assert.Equal(fidelity.SourceText, fidelity.ResultText);
        Assert.True(fidelity.SourceTokensPerSecond > 0);
    }

    [Theory]
    [InlineData(GgmlType.F16, 1e-6, 1)]
    [InlineData(GgmlType.Q8_0, 2e-3, 0.95)]
    [InlineData(GgmlType.Q6_K, 5e-3, 0.9)]
    [InlineData(GgmlType.Q4_K, 0.1, 0.8)]
    [InlineData(GgmlType.Q4_0, 0.2, 0.7)]
    public void A_quantized_model_diverges_as_little_as_its_type_allows(GgmlType type, double divergence, double agreement)
    {
        using var source = new Decoder(TestCheckpoint.Weights("kjv-llama"), 2, default);
        using var result = new Decoder(new QuantizedWeights(TestCheckpoint.Weights("kjv-llama"), type), 2, default);
        Fidelity fidelity = Compare(source, result);
        Assert.InRange(fidelity.MeanKlDivergence, 0, divergence);
        Assert.InRange(fidelity.Top1Agreement, agreement, 1);
        Assert.True(result.WeightBytes < source.WeightBytes || type == GgmlType.F16);
    }

    [Fact]
    public void Another_model_of_the_same_vocabulary_is_seen_to_be_another()
    {
        using var source = new Decoder(TestCheckpoint.Weights("kjv-llama"), 2, default);
        using var result = new Decoder(TestCheckpoint.Weights("kjv-qwen2"), 2, default);
        Assert.True(Compare(source, result).MeanKlDivergence > 0.1);
    }

    [Fact]
    public void A_divergence_is_the_sum_of_its_definition()
    {
        var random = new Random(3);
        float[] source = [.. Enumerable.Range(0, 101).Select(_ => random.NextSingle() * 20)], result = [.. source.Select(x => x + random.NextSingle())];
        double[] p = Softmax(source), q = Softmax(result);
        LogitComparison comparison = LogitComparison.Of(source, result, 7);
        Assert.Equal(p.Zip(q, (a, b) => a * Math.Log(a / b)).Sum(), comparison.Divergence, 1e-9);
        Assert.Equal(-Math.Log(p[7]), comparison.SourceLoss, 1e-9);
        Assert.Equal(-Math.Log(q[7]), comparison.ResultLoss, 1e-9);

        static double[] Softmax(float[] logits)
        {
            double sum = logits.Sum(x => Math.Exp(x));
            return [.. logits.Select(x => Math.Exp(x) / sum)];
        }
    }

    [Fact]
    public void Windows_begin_anew_and_cover_every_token_once()
    {
        using var decoder = new Decoder(TestCheckpoint.Weights("kjv-llama"), 2, default);
        int[] tokens = [.. Enumerable.Range(0, 600).Select(i => i * 17 % 2048)];
        List<int> seen = [];
        List<float> logits = [];
        new TextWindows(256).Run([decoder], tokens, (targets, all) =>
        {
            seen.AddRange(targets.Span);
            logits.AddRange(all[0].Span);
        }, default);
        Assert.Equal(tokens.Skip(1), seen);

        // The second window begins at token 256; its first logits see that token alone.
        float[] alone = decoder.Logits(tokens.AsSpan(256, 1), default);
        Assert.True(alone.Zip(logits.Skip(256 * 2048), (a, b) => MathF.Abs(a - b)).Max() < 1e-4);
    }

    private static Fidelity Compare(Decoder source, Decoder result) =>
        FidelityMeasurement.Compare(source, result, Tokens, Tokens.AsMemory(0, 9), 8, [], tokens => string.Join(' ', tokens), default);
}
