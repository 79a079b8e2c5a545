using System.Numerics;
using HafsModels.Architectures;

namespace HafsModels.Inference.Kernels;

/// <summary>Activations of feed-forward layers.</summary>
internal static class FeedForwardActivations
{
    // Constants of gpt-oss.
    private const float ClampedSlope = 1.702f, ClampedLimit = 7f;

    /// <summary><paramref name="gate"/> becomes activation(gate) × <paramref name="up"/>; without an up projection, activation(gate).</summary>
    public static void Apply(ActivationKind kind, Span<float> gate, ReadOnlySpan<float> up)
    {
        switch (kind)
        {
            case ActivationKind.Silu when up.Length > 0:
                SwiGlu(gate, up);
                return;
            case ActivationKind.ClampedSwiGlu:
                for (int i = 0; i < gate.Length; i++)
                {
                    float g = MathF.Min(gate[i], ClampedLimit), u = Math.Clamp(up[i], -ClampedLimit, ClampedLimit);
                    gate[i] = g / (1f + MathF.Exp(-ClampedSlope * g)) * (u + 1f);
                }

                return;
            default:
                foreach (ref float number in gate)
                    number = Single(kind, number);
                for (int i = 0; i < up.Length; i++)
                    gate[i] *= up[i];
                return;
        }
    }

    private static float Single(ActivationKind kind, float x) => kind switch
    {
        ActivationKind.Silu => x / (1f + MathF.Exp(-x)),
        ActivationKind.GeluTanh => 0.5f * x * (1f + MathF.Tanh(0.79788456f * x * (1f + (0.044715f * x * x)))),
        ActivationKind.Gelu => (float)(0.5 * x * (1 + Erf(x / Math.Sqrt(2)))),
        _ => throw new ArgumentOutOfRangeException(nameof(kind), kind, null),
    };

    private static void SwiGlu(Span<float> gate, ReadOnlySpan<float> up)
    {
        int i = 0;
        for (; i <= gate.Length - Vector<float>.Count; i += Vector<float>.Count)
        {
            var g = new Vector<float>(gate[i..]);
            (g / (Vector<float>.One + Vector.Exp(-g)) * new Vector<float>(up[i..])).CopyTo(gate[i..]);
        }

        for (; i < gate.Length; i++)
            gate[i] = gate[i] / (1f + MathF.Exp(-gate[i])) * up[i];
    }

    // Abramowitz and Stegun 7.1.26: at most 1.5e-7 off, the rounding of float.
    private static double Erf(double x)
    {
        double t = 1 / (1 + (0.3275911 * Math.Abs(x)));
        double y = 1 - (((((((((1.061405429 * t) - 1.453152027) * t) + 1.421413741) * t) - 0.284496736) * t) + 0.254829592) * t * Math.Exp(-x * x));
        return x < 0 ? -y : y;
    }
}
