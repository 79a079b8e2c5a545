using System.Runtime.CompilerServices;
using HafsModels.Quantization.Lanes;

namespace HafsModels.Quantization.Search;

/// <summary>
/// Tries all ways to split the sorted elements of sub-blocks into three values, one sub-block in each lane, by sums over the first j sorted elements.
/// Two splits and the shifts of the values are found; scale·(Σw·x·q) decides.
/// </summary>
internal unsafe struct TernaryLanes<V>
    where V : struct, ILanes<V>
{
    private const MethodImplOptions Inline = MethodImplOptions.AggressiveInlining;

    private V scale = V.Zero, best = V.Create(-float.MaxValue), winner = V.CreateBits(TernaryBatch.None);

    public TernaryLanes()
    {
    }

    /// <summary>One shift for all elements.</summary>
    /// <param name="sums">For every j from 0 to <paramref name="length"/> rows of Σw·x and Σw of the first j elements.</param>
    /// <param name="length">Elements of a sub-block.</param>
    /// <param name="scales">Takes the scales.</param>
    /// <param name="winners">Takes the splits and shifts, see <see cref="TernaryBatch"/>.</param>
    public static void FindOneShift(float* sums, int length, float* scales, int* winners)
    {
        TernaryLanes<V> search = new();
        int stride = 2 * V.Count;
        V x = V.Load(sums + length * stride), w = V.Load(sums + length * stride + V.Count);
        for (int first = 0; first <= length; first++)
        {
            V lowX = V.Load(sums + first * stride), lowW = V.Load(sums + first * stride + V.Count);
            for (int second = first; second <= length; second++)
            {
                V upToX = V.Load(sums + second * stride), upToW = V.Load(sums + second * stride + V.Count);
                V middleX = upToX - lowX, middleW = upToW - lowW, highX = x - upToX, highW = w - upToW;
                search.ConsiderShift(TernarySplit.Up, lowX, middleX, highX, lowW, middleW, highW, first, second, 0);
                search.ConsiderShift(TernarySplit.Down, lowX, middleX, highX, lowW, middleW, highW, first, second, 1);
            }
        }

        search.Store(scales, winners);
    }

    /// <summary>
    /// A shift for each half of the elements. The three values differ by 1, so with S(j) = Σw·x of the first j sorted elements the sum Σw·x·value is
    /// S(n)·upper − S(first) − S(second), and likewise for the squares.
    /// </summary>
    /// <param name="sums">For every j rows of Σw·x of those of the first j elements in the first half, in the second half, and of Σw likewise.</param>
    /// <param name="length">Elements of a sub-block.</param>
    /// <param name="scales">Takes the scales.</param>
    /// <param name="winners">Takes the splits and shifts, see <see cref="TernaryBatch"/>.</param>
    public static void FindTwoShifts(float* sums, int length, float* scales, int* winners)
    {
        TernaryLanes<V> search = new();
        int stride = 4 * V.Count;
        float* all = sums + length * stride;
        for (int first = 0; first <= length; first++)
        {
            for (int second = first; second <= length; second++)
            {
                float* low = sums + first * stride, upTo = sums + second * stride;
                HalfSums(low, upTo, all, TernarySplit.Up, out V upX0, out V upQ0);
                HalfSums(low, upTo, all, TernarySplit.Down, out V downX0, out V downQ0);
                HalfSums(low + V.Count, upTo + V.Count, all + V.Count, TernarySplit.Up, out V upX1, out V upQ1);
                HalfSums(low + V.Count, upTo + V.Count, all + V.Count, TernarySplit.Down, out V downX1, out V downQ1);
                search.Consider(upX0 + upX1, upQ0 + upQ1, first, second, 0);
                search.Consider(upX0 + downX1, upQ0 + downQ1, first, second, 1);
                search.Consider(downX0 + upX1, downQ0 + upQ1, first, second, 2);
                search.Consider(downX0 + downX1, downQ0 + downQ1, first, second, 3);
            }
        }

        search.Store(scales, winners);
    }

    [MethodImpl(Inline)]
    private static void HalfSums(float* low, float* upTo, float* all, ReadOnlySpan<float> v, out V sumXQ, out V sumQQ)
    {
        sumXQ = V.Load(all) * V.Create(v[2]) - (V.Load(low) + V.Load(upTo));
        int w = 2 * V.Count;
        sumQQ = V.Load(all + w) * V.Create(v[2]) * V.Create(v[2]) + V.Load(low + w) * V.Create(v[0] * v[0] - v[1] * v[1]) + V.Load(upTo + w) * V.Create(v[1] * v[1] - v[2] * v[2]);
    }

    [MethodImpl(Inline)]
    private void ConsiderShift(ReadOnlySpan<float> v, V lowX, V middleX, V highX, V lowW, V middleW, V highW, int first, int second, int shifts)
    {
        V v0 = V.Create(v[0]), v1 = V.Create(v[1]), v2 = V.Create(v[2]);
        Consider(lowX * v0 + middleX * v1 + highX * v2, lowW * v0 * v0 + middleW * v1 * v1 + highW * v2 * v2, first, second, shifts);
    }

    // Few candidates are better than the best before them in any lane.
    [MethodImpl(Inline)]
    private void Consider(V sumXQ, V sumQQ, int first, int second, int shifts)
    {
        V isBetter = V.LessThan(V.Zero, sumQQ) & V.LessThan(best * sumQQ, sumXQ * sumXQ);
        if (V.MaskBits(isBetter) == 0)
            return;
        V candidate = sumXQ / sumQQ;
        scale = V.Select(isBetter, candidate, scale);
        best = V.Select(isBetter, candidate * sumXQ, best);
        winner = V.Select(isBetter, V.CreateBits(first | second << 8 | shifts << 16), winner);
    }

    private readonly void Store(float* scales, int* winners)
    {
        V.Store(scale, scales);
        V.Store(winner, (float*)winners);
    }
}
