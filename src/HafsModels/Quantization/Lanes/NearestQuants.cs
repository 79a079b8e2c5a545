namespace HafsModels.Quantization.Lanes;

/// <summary>The integers of a sub-block once its scale is known.</summary>
internal static unsafe class NearestQuants
{
    /// <summary>Computes the nearest integers to (x + offset) / scale within bounds, minus the lower bound.</summary>
    public static void Find<V>(ReadOnlySpan<float> x, float scale, float offset, int lowest, int highest, Span<byte> quants)
        where V : struct, ILanes<V>
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(quants.Length, x.Length);
        V scales = V.Create(scale), offsets = V.Create(offset), zeroPoint = V.CreateBits(lowest);
        fixed (float* source = x)
        fixed (byte* destination = quants)
        {
            for (int i = 0; i < x.Length; i += V.Count)
                V.StoreBytes(V.SubtractBits(V.NearestBits((V.Load(source + i) + offsets) / scales, lowest, highest), zeroPoint), destination + i);
        }
    }
}
