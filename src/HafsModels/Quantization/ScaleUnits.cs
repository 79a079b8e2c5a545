using HafsModels.Quantization.Lanes;

namespace HafsModels.Quantization;

/// <summary>Turns the scales of a super-block into integers whose largest is fixed.</summary>
internal static unsafe class ScaleUnits
{
    /// <summary>Rounds limit / max · value, four at a time, when every number is finite, none is negative and one is above 0.</summary>
    /// <param name="values">The numbers; a multiple of four.</param>
    /// <param name="limit">What the largest becomes.</param>
    /// <param name="quants">Takes the integers.</param>
    /// <param name="max">The largest number, or 0.</param>
    /// <returns>Whether the integers were written.</returns>
    public static bool TryQuantizeToLargest(ReadOnlySpan<float> values, int limit, Span<byte> quants, out float max)
    {
        max = 0;
        fixed (float* source = values)
        fixed (byte* destination = quants[..values.Length])
        {
            // As integers, numbers that are negative or none lie outside those that are not.
            Lanes4 least = Lanes4.Load(source), largest = least;
            for (int j = 4; j < values.Length; j += 4)
            {
                least = Lanes4.MinBits(least, Lanes4.Load(source + j));
                largest = Lanes4.MaxBits(largest, Lanes4.Load(source + j));
            }

            float candidate = Lanes4.LargestBits(largest), inverse = limit / candidate;
            if (Lanes4.MaskBits(least) != 0 || !(candidate > 0) || !float.IsFinite(candidate) || !float.IsFinite(inverse))
            {
                foreach (float value in values)
                    max = value > max ? value : max;
                return false;
            }

            max = candidate;
            for (int j = 0; j < values.Length; j += 4)
                Lanes4.StoreBytes(NearestQuants.Nearest(Lanes4.Load(source + j) * Lanes4.Create(inverse), 0, limit), destination + j);
            return true;
        }
    }
}
