using HafsModels.Architectures;
using HafsModels.Inference.Kernels;

namespace HafsModels.Inference;

/// <summary>A feed-forward network over a batch of vectors. Not thread-safe: it owns its buffers.</summary>
internal sealed class FeedForwardPass(DecoderConfig config, WorkerTeam team, MatrixProducts products)
{
    private const int Piece = 2048;

    private Memory<float> gate = Memory<float>.Empty;
    private Memory<float> up = Memory<float>.Empty;

    /// <summary>Runs a batch.</summary>
    /// <param name="weights">The network.</param>
    /// <param name="inputs">A vector for each token.</param>
    /// <param name="count">Tokens.</param>
    /// <param name="output">Takes a vector for each token.</param>
    public void Run(FeedForwardWeights weights, ReadOnlyMemory<float> inputs, int count, Memory<float> output)
    {
        int width = weights.Up.Rows, length = count * width;
        if (gate.Length < length)
        {
            gate = AlignedFloats.Allocate(length);
            up = AlignedFloats.Allocate(length);
        }

        if (weights.Gate is null)
        {
            products.Run(inputs, count, (weights.Up, gate));
            VectorMath.AddToEach(gate.Span[..length], weights.UpBias);
        }
        else
        {
            products.Run(inputs, count, (weights.Gate, gate), (weights.Up, up));
            VectorMath.AddToEach(gate.Span[..length], weights.GateBias);
            VectorMath.AddToEach(up.Span[..length], weights.UpBias);
        }

        bool gated = weights.Gate is not null;
        team.Run(length, Piece, (first, end) => FeedForwardActivations.Apply(config.Activation, gate.Span.Slice(first, end - first), gated ? up.Span.Slice(first, end - first) : []));
        products.Run(gate, count, (weights.Down, output));
        VectorMath.AddToEach(output.Span[..(count * weights.Down.Rows)], weights.DownBias);
    }
}
