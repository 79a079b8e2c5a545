using System.Runtime.CompilerServices;
using HafsModels.Quantization.Lanes;

namespace HafsModels.Quantization.Search;

/// <summary>
/// <see cref="ScaleDescent"/> on many sub-blocks of sixteen elements at once, one in each lane, with the scalar definition's operations in its order. Each
/// change waits for the one before it, so four groups of lanes take turns to fill the time. A lane in which a quotient is too large for the vector unit to
/// round as ggml does, or an element above a thousand, infinite or NaN, is reported as failed.
/// </summary>
internal static unsafe class ScaleDescentLanes<V>
    where V : struct, ILanes<V>
{
    /// <summary>Groups of lanes that take turns.</summary>
    public const int Groups = 4;

    private const MethodImplOptions Inline = MethodImplOptions.AggressiveInlining;
    private const int Length = 16, Limit = 4, Rounds = 5;
    private const float SafeToRound = 4e6f;

    // Nothing that is computed from magnitudes up to this becomes infinite, but quotients.
    private const float SafeMagnitude = 1e3f;

    // The rounding errors that matter in Settle stay below 4e−6 of Σw·x·q, or the least error where numbers are denormal.
    private const float AlmostHalf = 0.499f, Error = 1e-5f, LeastError = 1e-37f;

    /// <summary>Floats from the row of one element to that of the next: the element, its square and its cube, for every lane.</summary>
    public static int Stride
    {
        [MethodImpl(Inline)]
        get => 3 * V.Count;
    }

    /// <summary>
    /// Floats of a group of lanes: its rows and behind all of them the integers. The groups lie a little more than a memory page apart, because the CPU holds back
    /// a load that is whole pages away from what is being stored, here an integer of the group before.
    /// </summary>
    public static int GroupFloats
    {
        [MethodImpl(Inline)]
        get => (4 * Length + 4) * V.Count;
    }

    private static int RowFloats
    {
        [MethodImpl(Inline)]
        get => Length * Stride;
    }

    /// <summary>
    /// Scales of the sub-blocks among <c>V.Count</c> that the search leaves as they start, which are four of five in normal weights: where the extreme is
    /// positive Σw·x·q is not, so no integer is considered; else as long as no quotient x·othersQQ / othersXQ is farther than half from q, that is |x·sumQQ − q·sumXQ|
    /// no larger than othersXQ / 2, where quotients beyond the limits count as those. No element waits for another here.
    /// </summary>
    /// <param name="rows">The rows of one group, elements filled in.</param>
    /// <param name="scales">Takes the scales.</param>
    /// <returns>One bit for each sub-block that must be searched.</returns>
    public static uint Settle(float* rows, float* scales)
    {
        Start(rows, out State start);
        V sumXQ = start.SumXQ, sumQQ = start.SumQQ, nonzero = start.Nonzero, leastRoom = V.Create(float.MaxValue), largestXQ = V.Zero;
        V lowest = V.Create(-Limit) * sumXQ, highest = V.Create(Limit - 1) * sumXQ;
        float* quant = rows + RowFloats;
        for (float* row = rows; row < rows + RowFloats; row += Stride, quant += V.Count)
        {
            V x = V.Load(row), q = V.Load(quant), othersXQ = sumXQ - V.Load(row + 2 * V.Count) * q;
            largestXQ = V.Max(largestXQ, othersXQ);
            leastRoom = V.Min(leastRoom, V.Create(AlmostHalf) * othersXQ - V.Abs(V.Max(V.Min(x * sumQQ, highest), lowest) - q * sumXQ));
        }

        V isNear = V.LessThan(V.Create(Error) * V.Abs(sumXQ) + V.Create(LeastError), leastRoom);
        V moves = nonzero & V.LessThan(V.Zero, largestXQ) & ~isNear;
        Finish(sumXQ, sumQQ, nonzero, scales);
        return V.MaskBits(moves | IsAbove(start.Largest, SafeMagnitude));
    }

    /// <summary>Searches <c>4·V.Count</c> sub-blocks.</summary>
    /// <param name="rows">The rows of the four groups, elements filled in.</param>
    /// <param name="scales">Takes the scales.</param>
    /// <returns>One bit for each sub-block that failed.</returns>
    public static ulong Find(float* rows, float* scales)
    {
        float* rows1 = rows + GroupFloats, rows2 = rows1 + GroupFloats, rows3 = rows2 + GroupFloats;
        Start(rows, out State start0);
        Start(rows1, out State start1);
        Start(rows2, out State start2);
        Start(rows3, out State start3);
        V failed0 = IsAbove(start0.Largest, SafeMagnitude), failed1 = IsAbove(start1.Largest, SafeMagnitude), failed2 = IsAbove(start2.Largest, SafeMagnitude), failed3 = IsAbove(start3.Largest, SafeMagnitude);
        V sumXQ0 = start0.SumXQ, sumXQ1 = start1.SumXQ, sumXQ2 = start2.SumXQ, sumXQ3 = start3.SumXQ;
        V sumQQ0 = start0.SumQQ, sumQQ1 = start1.SumQQ, sumQQ2 = start2.SumQQ, sumQQ3 = start3.SumQQ;
        V largestQuotient = V.Zero;
        V active0 = start0.Nonzero & ~failed0, active1 = start1.Nonzero & ~failed1, active2 = start2.Nonzero & ~failed2, active3 = start3.Nonzero & ~failed3;
        for (int round = 0; round < Rounds; round++)
        {
            V changed0 = V.Zero, changed1 = V.Zero, changed2 = V.Zero, changed3 = V.Zero;
            for (int i = 0, quant = RowFloats; i < RowFloats; i += Stride, quant += V.Count)
            {
                V quotient0 = Others(rows + i, rows + quant, sumXQ0, sumQQ0, out V othersXQ0, out V othersQQ0);
                V quotient1 = Others(rows1 + i, rows1 + quant, sumXQ1, sumQQ1, out V othersXQ1, out V othersQQ1);
                V quotient2 = Others(rows2 + i, rows2 + quant, sumXQ2, sumQQ2, out V othersXQ2, out V othersQQ2);
                V quotient3 = Others(rows3 + i, rows3 + quant, sumXQ3, sumQQ3, out V othersXQ3, out V othersQQ3);
                Improve(rows + i, rows + quant, active0, quotient0, othersXQ0, othersQQ0, ref sumXQ0, ref sumQQ0, ref changed0, ref largestQuotient);
                Improve(rows1 + i, rows1 + quant, active1, quotient1, othersXQ1, othersQQ1, ref sumXQ1, ref sumQQ1, ref changed1, ref largestQuotient);
                Improve(rows2 + i, rows2 + quant, active2, quotient2, othersXQ2, othersQQ2, ref sumXQ2, ref sumQQ2, ref changed2, ref largestQuotient);
                Improve(rows3 + i, rows3 + quant, active3, quotient3, othersXQ3, othersQQ3, ref sumXQ3, ref sumQQ3, ref changed3, ref largestQuotient);
            }

            // A lane without a change is done.
            active0 &= changed0;
            active1 &= changed1;
            active2 &= changed2;
            active3 &= changed3;
            if (V.MaskBits(active0 | active1 | active2 | active3) == 0)
                break;
        }

        Finish(sumXQ0, sumQQ0, start0.Nonzero, scales);
        Finish(sumXQ1, sumQQ1, start1.Nonzero, scales + V.Count);
        Finish(sumXQ2, sumQQ2, start2.Nonzero, scales + 2 * V.Count);
        Finish(sumXQ3, sumQQ3, start3.Nonzero, scales + 3 * V.Count);
        // A quotient too large is so rare that the lane may fail in all groups.
        V failed = IsAbove(largestQuotient, SafeToRound);
        return V.MaskBits(failed | failed0) | (ulong)V.MaskBits(failed | failed1) << V.Count | (ulong)V.MaskBits(failed | failed2) << 2 * V.Count | (ulong)V.MaskBits(failed | failed3) << 3 * V.Count;
    }

    private static void Start(float* rows, out State state)
    {
        V extreme = V.Zero, magnitude = V.Zero, largest = V.Zero, sumXQ = V.Zero, sumQQ = V.Zero;
        float* end = rows + RowFloats, quant = end;
        for (float* row = rows; row < end; row += Stride)
        {
            V x = V.Load(row), absolute = V.Abs(x), w = x * x;
            V.Store(w, row + V.Count);
            V.Store(w * x, row + 2 * V.Count);
            largest = V.MaxBits(largest, absolute);
            extreme = V.Select(V.LessThan(magnitude, absolute), x, extreme);
            magnitude = V.Max(absolute, magnitude);
        }

        V inverse = V.Create(-Limit) / extreme;
        for (float* row = rows; row < end; row += Stride, quant += V.Count)
        {
            V q = Clamp(V.Round(inverse * V.Load(row)));
            V.Store(q, quant);
            sumXQ += V.Load(row + 2 * V.Count) * q;
            sumQQ += V.Load(row + V.Count) * q * q;
        }

        state.SumXQ = sumXQ;
        state.SumQQ = sumQQ;
        state.Nonzero = ~V.LessThan(magnitude, V.Create(ScaleSearch.Tiny));
        state.Largest = largest;
    }

    // The sums without one element, and the best value of its integer given them.
    [MethodImpl(Inline)]
    private static V Others(float* row, float* quant, V sumXQ, V sumQQ, out V othersXQ, out V othersQQ)
    {
        V q = V.Load(quant);
        othersXQ = sumXQ - V.Load(row + 2 * V.Count) * q;
        othersQQ = sumQQ - V.Load(row + V.Count) * q * q;
        return V.Load(row) * othersQQ / othersXQ;
    }

    // Moves that integer to the nearest to its best value in each active lane, where that improves the fit.
    [MethodImpl(Inline)]
    private static void Improve(float* row, float* quant, V active, V quotient, V othersXQ, V othersQQ, ref V sumXQ, ref V sumQQ, ref V changed, ref V largestQuotient)
    {
        V w = V.Load(row + V.Count), wx = V.Load(row + 2 * V.Count), q = V.Load(quant);
        largestQuotient = V.MaxBits(largestQuotient, V.Abs(quotient));
        V candidate = Clamp(V.Round(quotient));
        V newXQ = othersXQ + wx * candidate, newQQ = othersQQ + w * candidate * candidate;
        V gain = newXQ * newXQ * sumQQ - sumXQ * sumXQ * newQQ;

        // All must be positive, so the least of them.
        V least = V.Min(V.Min(othersXQ, newQQ), V.Min(gain, V.Abs(candidate - q)));
        V isBetter = active & V.LessThan(V.Zero, least);
        V.Store(V.Select(isBetter, candidate, q), quant);
        sumXQ = V.Select(isBetter, newXQ, sumXQ);
        sumQQ = V.Select(isBetter, newQQ, sumQQ);
        changed |= isBetter;
    }

    private static void Finish(V sumXQ, V sumQQ, V nonzero, float* scales)
        => V.Store(V.Select(nonzero & V.LessThan(V.Zero, sumQQ), sumXQ / sumQQ, V.Zero), scales);

    // As integers, infinities and NaN lie above all other magnitudes.
    private static V IsAbove(V magnitude, float limit) => ~V.Equal(V.MaxBits(magnitude, V.Create(limit)), V.Create(limit));

    // As in ScaleLanes: negative floats are the large ones as unsigned and the small ones as signed integers.
    [MethodImpl(Inline)]
    private static V Clamp(V q) => V.MinBits(V.MinUnsignedBits(q, V.Create(-Limit)), V.Create(Limit - 1));

    // What the loops change is kept in locals, which, other than this, stay in registers.
    private struct State
    {
        public V SumXQ, SumQQ, Nonzero, Largest;
    }
}
