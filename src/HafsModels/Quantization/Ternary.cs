namespace HafsModels.Quantization;

/// <summary>What TQ1_0 and TQ2_0 share: 256 elements become −1, 0 or 1 times the largest magnitude.</summary>
internal static class Ternary
{
    /// <summary>Elements of a block.</summary>
    public const int Elements = 256;

    /// <summary>Rounds x divided by its largest magnitude, halves away from zero, and adds 1.</summary>
    /// <returns>The largest magnitude.</returns>
    public static float Quantize(ReadOnlySpan<float> x, Span<byte> trits)
    {
        float magnitude = 0;
        foreach (float value in x)
            magnitude = magnitude > MathF.Abs(value) ? magnitude : MathF.Abs(value);
        float inverse = magnitude != 0 ? 1 / magnitude : 0;
        for (int i = 0; i < x.Length; i++)
        {
            // Without NaN about, the product is in [−1, 1]. What does not fit in 64 bits counts as 0: x86 makes it the lowest integer, whose lower half is 0.
            float rounded = Rounding.HalfAway(x[i] * inverse);
            trits[i] = (byte)((MathF.Abs(rounded) < 9.223372e18f ? (long)rounded : 0) + 1);
        }

        return magnitude;
    }
}
