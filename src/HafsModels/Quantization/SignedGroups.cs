using System.Numerics;
using System.Runtime.Intrinsics;

namespace HafsModels.Quantization;

/// <summary>Signs of the IQ2 and IQ3 types, a byte for eight elements. Some types drop the eighth: the number of minus signs is then even.</summary>
internal static class SignedGroups
{
    /// <summary>Elements that share a byte of signs.</summary>
    public const int Length = 8;

    /// <summary>Splits numbers into magnitudes and eight signs for each group.</summary>
    public static void Split(ReadOnlySpan<float> x, Span<float> magnitudes, Span<byte> signs)
    {
        for (int group = 0; group < x.Length / Length; group++)
        {
            Vector256<float> eight = Vector256.Create(x[(group * Length)..]), isPositive = Vector256.GreaterThanOrEqual(eight, Vector256<float>.Zero);
            Vector256.ConditionalSelect(isPositive, eight, -eight).CopyTo(magnitudes[(group * Length)..]);
            signs[group] = (byte)~isPositive.ExtractMostSignificantBits();
        }
    }

    /// <summary>
    /// Splits numbers into magnitudes and seven signs for each group. When the number of minus signs is odd, the element where it costs least gets the
    /// wrong one, and its magnitude becomes negative.
    /// </summary>
    public static void SplitEven(ReadOnlySpan<float> x, ReadOnlySpan<float> weights, Span<float> magnitudes, Span<byte> signs)
    {
        Split(x, magnitudes, signs);
        for (int group = 0; group < signs.Length; group++)
        {
            if (BitOperations.PopCount(signs[group]) % 2 != 0)
            {
                int first = group * Length, cheapest = first;
                for (int i = first + 1; i < first + Length; i++)
                {
                    if (weights[i] * x[i] * x[i] < weights[cheapest] * x[cheapest] * x[cheapest])
                        cheapest = i;
                }

                magnitudes[cheapest] = -magnitudes[cheapest];
                signs[group] ^= (byte)(1 << cheapest - first);
            }

            signs[group] &= 127;
        }
    }

    /// <summary>The eighth sign from the seven stored.</summary>
    public static int CompleteEven(uint signs) => (int)(signs & 127) | (BitOperations.PopCount(signs & 127) & 1) << 7;

    /// <summary>Decodes a group: unit × value(coordinate), with signs.</summary>
    public static void Decode(float unit, ReadOnlySpan<byte> coordinates, ReadOnlySpan<byte> values, int signs, Span<float> destination)
    {
        for (int i = 0; i < coordinates.Length; i++)
        {
            float magnitude = unit * values[coordinates[i]];
            destination[i] = (signs >> i & 1) != 0 ? -magnitude : magnitude;
        }
    }

    /// <summary>The largest magnitude.</summary>
    public static float Largest(ReadOnlySpan<float> magnitudes)
    {
        float largest = magnitudes[0];
        foreach (float magnitude in magnitudes[1..])
            largest = largest > magnitude ? largest : magnitude;
        return largest;
    }
}
