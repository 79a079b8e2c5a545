using System.Numerics;
using HafsModels.Quantization.Search;

namespace HafsModels.Quantization.Lanes;

/// <summary>A step of kernels that have the elements of one block side by side.</summary>
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
}
