using System.Runtime.CompilerServices;
using HafsModels.Quantization.Lanes;

namespace HafsModels.Quantization.Search;

/// <summary>
/// <see cref="NonlinearFourBits.FindScale"/> on many sub-blocks at once, one in each lane, with the scalar definition's operations in its order. The nearest
/// value is found by four comparisons with midpoints: x is nearer to the upper of two neighbours exactly from their midpoint on. Lanes with infinities or
/// NaN are reported as failed.
/// </summary>
internal static unsafe class NonlinearLanes<V>
    where V : struct, ILanes<V>
{
    private const MethodImplOptions Inline = MethodImplOptions.AggressiveInlining;
    private const int Length = NonlinearFourBits.SubBlock;

    /// <summary>Floats from the row of one element to that of the next: the element and its weight, for every lane.</summary>
    public static int Stride
    {
        [MethodImpl(Inline)]
        get => 2 * V.Count;
    }

    /// <summary>Finds the scales of <c>V.Count</c> sub-blocks.</summary>
    /// <param name="rows">Elements and weights.</param>
    /// <param name="scales">Takes the scales.</param>
    /// <returns>One bit for each sub-block that failed.</returns>
    public static uint FindScales(float* rows, float* scales)
    {
        V extreme = V.Zero, magnitude = V.Zero, largest = V.Zero;
        for (int i = 0; i < Length; i++)
        {
            V x = V.Load(rows + i * Stride), absolute = V.Abs(x);
            largest = V.MaxBits(largest, absolute);
            extreme = V.Select(V.LessThan(magnitude, absolute), x, extreme);
            magnitude = V.Max(absolute, magnitude);
        }

        float lowest = NonlinearFourBits.Values[0];
        Sums(rows, V.Create(1) / (-extreme / V.Create(lowest)), out V sumXQ, out V sumQQ);
        V scale = V.Select(V.LessThan(V.Zero, sumQQ), sumXQ / sumQQ, V.Zero), best = scale * sumXQ;
        for (int step = -7; step <= 7; step++)
        {
            Sums(rows, V.Create(step + lowest) / extreme, out sumXQ, out sumQQ);
            V candidate = sumXQ / sumQQ;
            V isBetter = V.LessThan(V.Zero, sumQQ) & V.LessThan(best * sumQQ, sumXQ * sumXQ);
            scale = V.Select(isBetter, candidate, scale);
            best = V.Select(isBetter, candidate * sumXQ, best);
        }

        V finite = V.CreateBits(0x7F7FFFFF);
        V.Store(V.Select(V.LessThan(magnitude, V.Create(ScaleSearch.Tiny)), V.Zero, scale), scales);
        return V.MaskBits(~V.Equal(V.MaxBits(largest, finite), finite));
    }

    /// <summary>Indices of the values nearest to finite numbers times a factor.</summary>
    public static void Quantize(ReadOnlySpan<float> x, float inverse, Span<byte> quants)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(quants.Length, x.Length);
        V inverses = V.Create(inverse);
        fixed (float* source = x)
        fixed (byte* destination = quants)
        fixed (float* midpoints = NonlinearFourBits.Midpoints)
        {
            for (int i = 0; i < x.Length; i += V.Count)
                V.StoreBytes(Nearest(inverses * V.Load(source + i), midpoints), destination + i);
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Sums(float* rows, V inverse, out V sumXQ, out V sumQQ)
    {
        V xq = V.Zero, qq = V.Zero;
        float* end = rows + Length * Stride;
        fixed (float* midpoints = NonlinearFourBits.Midpoints, values = NonlinearFourBits.FloatValues)
        {
            for (float* row = rows; row < end; row += Stride)
            {
                V x = V.Load(row), q = V.Lookup(values, Nearest(inverse * x, midpoints)), wq = V.Load(row + V.Count) * q;
                xq += wq * x;
                qq += wq * q;
            }
        }

        (sumXQ, sumQQ) = (xq, qq);
    }

    // Binary search: entry j of the table is the midpoint below value j.
    [MethodImpl(Inline)]
    private static V Nearest(V x, float* midpoints)
    {
        V index = V.CreateBits(8) & ~V.LessThan(x, V.Create(midpoints[8]));
        for (int step = 4; step > 0; step >>= 1)
        {
            V next = index | V.CreateBits(step);
            index |= V.CreateBits(step) & ~V.LessThan(x, V.Lookup(midpoints, next));
        }

        return index;
    }
}
