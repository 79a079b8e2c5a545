using HafsModels.Architectures;
using HafsModels.Inference.Kernels;

namespace HafsModels.Inference;

/// <summary>A norm: its weight, and its bias or nothing. Without a weight it is none at all.</summary>
internal sealed record DecoderNorm(float[] Weight, float[] Bias)
{
    /// <summary>No norm.</summary>
    public static DecoderNorm None { get; } = new([], []);

    /// <summary>Whether there is a norm.</summary>
    public bool Exists => Weight.Length > 0;

    /// <summary>Normalizes vectors of <paramref name="width"/> elements; a weight longer than that has a part for each of them in turn.</summary>
    /// <param name="kind">Over the mean square, or less the mean over the deviation.</param>
    /// <param name="epsilon">Keeps the divisor from 0.</param>
    /// <param name="width">Elements normalized together.</param>
    /// <param name="values">The vectors, one after the other.</param>
    /// <param name="destination">Takes as many; may be the same memory.</param>
    public void Apply(NormKind kind, float epsilon, int width, ReadOnlySpan<float> values, Span<float> destination)
    {
        for (int start = 0; start < values.Length; start += width)
        {
            int part = start % Weight.Length;
            ReadOnlySpan<float> vector = values.Slice(start, width), weight = Weight.AsSpan(part, width);
            Span<float> result = destination.Slice(start, width);
            if (kind == NormKind.Rms)
                VectorMath.RmsNorm(vector, weight, epsilon, result);
            else
                VectorMath.LayerNorm(vector, weight, epsilon, result);
            if (Bias.Length > 0)
                VectorMath.Add(result, Bias.AsSpan(part, width));
        }
    }
}
