using HafsModels.Architectures;
using HafsModels.Inference.Kernels;

namespace HafsModels.Inference;

/// <summary>A layer of experts over a batch of vectors: each token is sent to the few that its router prefers. Not thread-safe: it owns its buffers.</summary>
internal sealed class ExpertPass(DecoderConfig config, FeedForwardPass feedForward, MatrixProducts products)
{
    // llama.cpp keeps the sum that weights are divided by from being smaller than this, the least normal half.
    private const float SmallestSum = 6.103515625e-5f;

    private readonly ExpertRouter router = new(config);
    private Memory<float> logits = Memory<float>.Empty;
    private Memory<float> gathered = Memory<float>.Empty;
    private Memory<float> results = Memory<float>.Empty;
    private float[] weights = [];

    /// <summary>Runs a batch.</summary>
    /// <param name="layer">The experts.</param>
    /// <param name="inputs">A vector for each token.</param>
    /// <param name="count">Tokens.</param>
    /// <param name="output">Takes a vector for each token.</param>
    public void Run(ExpertWeights layer, Memory<float> inputs, int count, Memory<float> output)
    {
        int width = config.HiddenSize, experts = config.ExpertCount;
        Reserve(count);
        products.Run(inputs, count, (layer.Router, logits));
        VectorMath.AddToEach(logits.Span[..(count * experts)], layer.RouterBias);
        Array.Clear(weights);
        for (int n = 0; n < count; n++)
            router.Weigh(logits.Span.Slice(n * experts, experts), layer.SelectionBias, SmallestSum, weights.AsSpan(n * experts, experts));

        output.Span[..(count * width)].Clear();
        var tokens = new List<int>(count);
        for (int expert = 0; expert < experts; expert++)
        {
            tokens.Clear();
            for (int n = 0; n < count; n++)
            {
                if (weights[(n * experts) + expert] == 0)
                    continue;
                inputs.Span.Slice(n * width, width).CopyTo(gathered.Span[(tokens.Count * width)..]);
                tokens.Add(n);
            }

            if (tokens.Count == 0)
                continue;
            feedForward.Run(layer.Experts[expert], gathered, tokens.Count, results);
            for (int i = 0; i < tokens.Count; i++)
                VectorMath.AddScaled(output.Span.Slice(tokens[i] * width, width), results.Span.Slice(i * width, width), weights[(tokens[i] * experts) + expert]);
        }

        if (layer.Shared is not null)
            AddShared(layer, inputs, count, output);
    }

    private void AddShared(ExpertWeights layer, Memory<float> inputs, int count, Memory<float> output)
    {
        int width = config.HiddenSize;
        feedForward.Run(layer.Shared!, inputs, count, results);
        for (int n = 0; n < count; n++)
        {
            float factor = layer.SharedGate is null ? 1 : 1 / (1 + MathF.Exp(-VectorMath.Dot(layer.SharedGate, inputs.Span.Slice(n * width, width))));
            VectorMath.AddScaled(output.Span.Slice(n * width, width), results.Span.Slice(n * width, width), factor);
        }
    }

    private void Reserve(int count)
    {
        if (weights.Length >= count * config.ExpertCount)
            return;
        weights = new float[count * config.ExpertCount];
        logits = AlignedFloats.Allocate(count * config.ExpertCount);
        gathered = AlignedFloats.Allocate(count * config.HiddenSize);
        results = AlignedFloats.Allocate(count * config.HiddenSize);
    }
}
