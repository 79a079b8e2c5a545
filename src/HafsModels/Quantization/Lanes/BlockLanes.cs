using System.Numerics;
using HafsModels.Quantization.Search;

namespace HafsModels.Quantization.Lanes;

/// <summary>Steps of the plain 32-element types, with the elements of one block side by side.</summary>
internal static unsafe class BlockLanes
{
    /// <summary><see cref="ScaleSearch.Extreme"/>.</summary>
    public static float Extreme<V>(ReadOnlySpan<float> block)
        where V : struct, ILanes<V>
    {
        fixed (float* x = block)
        {
            V largest = V.Abs(V.Load(x));
            for (int i = V.Count; i < block.Length; i += V.Count)
                largest = V.MaxBits(largest, V.Abs(V.Load(x + i)));
            float magnitude = V.LargestBits(largest);
            if (!float.IsFinite(magnitude) || magnitude == 0)
                return ScaleSearch.Extreme(block);
            uint isLargest = 0;
            for (int i = 0; i < block.Length; i += V.Count)
                isLargest |= V.MaskBits(V.Equal(V.Abs(V.Load(x + i)), V.Create(magnitude))) << i;
            return x[BitOperations.TrailingZeroCount(isLargest)];
        }
    }

    /// <summary><see cref="Q4_1.Range"/>.</summary>
    public static (float Min, float Max) Range<V>(ReadOnlySpan<float> block)
        where V : struct, ILanes<V>
    {
        float* lanes = stackalloc float[2 * V.Count];
        fixed (float* x = block)
        {
            V min = V.Load(x), max = min;
            for (int i = V.Count; i < block.Length; i += V.Count)
            {
                V value = V.Load(x + i);
                min = V.Min(value, min);
                max = V.Max(value, max);
            }

            V.Store(min, lanes);
            V.Store(max, lanes + V.Count);
        }

        float least = lanes[0], greatest = lanes[V.Count];
        for (int lane = 1; lane < V.Count; lane++)
        {
            least = MathF.Min(least, lanes[lane]);
            greatest = MathF.Max(greatest, lanes[V.Count + lane]);
        }

        // Which of two zeros comes first, and what is not finite, takes the scalar definition.
        return least == 0 || greatest == 0 || !float.IsFinite(greatest - least) ? Q4_1.Range(block) : (least, greatest);
    }

    /// <summary>Truncates (x + offset) · inverse + bias, sends it through an int8 and keeps it from exceeding a limit.</summary>
    public static void Quantize<V>(ReadOnlySpan<float> block, float offset, float inverse, float bias, int highest, Span<byte> quants)
        where V : struct, ILanes<V>
    {
        V offsets = V.Create(offset), inverses = V.Create(inverse), biases = V.Create(bias), limit = V.CreateBits(highest);
        fixed (float* x = block)
        fixed (byte* destination = quants)
        {
            for (int i = 0; i < block.Length; i += V.Count)
            {
                V integer = V.TruncateToBits((V.Load(x + i) + offsets) * inverses + biases);
                V.StoreBytes(V.MinBits(V.ShiftRightBits(V.ShiftLeftBits(integer, 24), 24), limit), destination + i);
            }
        }
    }
}
