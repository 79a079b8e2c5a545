using HafsModels.Quantization.Lanes;

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

    /// <summary><see cref="Quantize(ReadOnlySpan{float}, Span{byte})"/> with vectors.</summary>
    public static unsafe float Quantize<V>(ReadOnlySpan<float> x, Span<byte> trits)
        where V : struct, ILanes<V>
    {
        fixed (float* source = x)
        fixed (byte* destination = trits[..x.Length])
        {
            // Magnitudes keep their order as integers; infinities and NaN, whose place decides, go the scalar way.
            V largest = V.Abs(V.Load(source));
            for (int i = V.Count; i < x.Length; i += V.Count)
                largest = V.MaxBits(largest, V.Abs(V.Load(source + i)));
            float magnitude = V.LargestBits(largest), inverse = magnitude != 0 ? 1 / magnitude : 0;
            if (!float.IsFinite(magnitude) || !float.IsFinite(inverse))
                return Quantize(x, trits);
            V inverses = V.Create(inverse), signBit = V.CreateBits(int.MinValue), almostHalf = V.Create(0.49999997f), one = V.CreateBits(1);
            for (int i = 0; i < x.Length; i += V.Count)
            {
                V product = V.Load(source + i) * inverses;
                V.StoreBytes(V.AddBits(V.TruncateToBits(product + (product & signBit | almostHalf)), one), destination + i);
            }

            return magnitude;
        }
    }
}
