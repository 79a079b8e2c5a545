using System.Runtime.CompilerServices;

namespace HafsModels.Quantization.Lanes;

/// <summary>The integers of a sub-block once its scale is known.</summary>
internal static unsafe class NearestQuants
{
    /// <summary>Computes the nearest integers to (x + offset) / scale within bounds, minus the lower bound.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Find<V>(ReadOnlySpan<float> x, float scale, float offset, int lowest, int highest, Span<byte> quants)
        where V : struct, ILanes<V>
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(quants.Length, x.Length);
        V scales = V.Create(scale), offsets = V.Create(offset), zeroPoint = V.CreateBits(lowest);
        fixed (float* source = x)
        fixed (byte* destination = quants)
        {
            for (int i = 0; i < x.Length; i += V.Count)
                V.StoreBytes(V.SubtractBits(Nearest((V.Load(source + i) + offsets) / scales, lowest, highest), zeroPoint), destination + i);
        }
    }

    /// <summary>Computes the nearest integers to inverse · (x − min) within bounds, minus the lower bound.</summary>
    public static void FindByInverse<V>(ReadOnlySpan<float> x, float inverse, float min, int lowest, int highest, Span<byte> quants)
        where V : struct, ILanes<V>
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(quants.Length, x.Length);
        V inverses = V.Create(inverse), minima = V.Create(min), zeroPoint = V.CreateBits(lowest);
        fixed (float* source = x)
        fixed (byte* destination = quants)
        {
            for (int i = 0; i < x.Length; i += V.Count)
                V.StoreBytes(V.SubtractBits(Nearest(inverses * (V.Load(source + i) - minima), lowest, highest), zeroPoint), destination + i);
        }
    }

    /// <summary><see cref="Rounding.Nearest(float, int, int)"/> in every lane, as integers.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V Nearest<V>(V lanes, int lowest, int highest)
        where V : struct, ILanes<V>
        => V.MaxBits(V.MinBits(Nearest(lanes), V.CreateBits(highest)), V.CreateBits(lowest));

    /// <summary><see cref="Rounding.Nearest(float)"/> in every lane, as integers.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V Nearest<V>(V lanes)
        where V : struct, ILanes<V>
        => V.SubtractBits((lanes + V.Create(12582912f)) & V.CreateBits(0x007FFFFF), V.CreateBits(0x00400000));
}
