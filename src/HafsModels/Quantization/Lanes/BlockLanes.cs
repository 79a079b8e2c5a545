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
