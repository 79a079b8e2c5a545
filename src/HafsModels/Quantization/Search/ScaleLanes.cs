using System.Runtime.CompilerServices;
using HafsModels.Quantization.Lanes;

namespace HafsModels.Quantization.Search;

/// <summary>
/// <see cref="ScaleSearch"/> on many sub-blocks at once, one in each lane, with the scalar definition's operations in its order. The candidates do not depend
/// on one another, so three share each pass over the elements; they are judged in turn. Lanes with infinities or NaN are reported as failed.
/// </summary>
internal static unsafe class ScaleLanes<V, TRule>
    where V : struct, ILanes<V>
    where TRule : struct, IScaleRule
{
    private const MethodImplOptions Inline = MethodImplOptions.AggressiveInlining;
    private const int StateVectors = 8;

    /// <summary>Floats from the row of one element to that of the next: the element, its weight and their product, for every lane.</summary>
    public static int Stride
    {
        [MethodImpl(Inline)]
        get => 3 * V.Count;
    }

    /// <summary>Floats of a group of lanes: its rows and room for the state of its search.</summary>
    public static int GroupFloats
    {
        [MethodImpl(Inline)]
        get => RowFloats + StateVectors * V.Count;
    }

    private static int RowFloats
    {
        [MethodImpl(Inline)]
        get => TRule.Length * Stride;
    }

    /// <summary>Searches <c>V.Count</c> sub-blocks.</summary>
    /// <param name="rows">The elements, and with <paramref name="isWeighted"/> their weights; else the weights are the squares.</param>
    /// <param name="isWeighted">Whether the weights are given.</param>
    /// <param name="scales">Takes the scales.</param>
    /// <param name="inverses">Takes the inverse scales that the integers of the best candidate came from; 0 where all integers are 0.</param>
    /// <returns>One bit for each sub-block that failed.</returns>
    public static uint Find(float* rows, bool isWeighted, float* scales, float* inverses)
    {
        ref State state = ref Unsafe.AsRef<State>(rows + RowFloats);
        uint failed = Start(ref state, rows, isWeighted);
        for (int step = -9; step <= 7; step += step == -3 ? 4 : 3)
            Try(ref state, rows, step, mustClamp: step >= 4);

        V isZero = V.LessThan(V.Abs(state.Extreme), V.Create(ScaleSearch.Tiny));
        V.Store(V.Select(isZero, V.Zero, state.Scale), scales);
        V.Store(V.Select(isZero, V.Zero, state.Inverse), inverses);
        return failed;
    }

    private static uint Start(ref State state, float* rows, bool isWeighted)
    {
        V extreme = V.Zero, magnitude = V.Zero, largest = V.Zero;
        for (int i = 0; i < TRule.Length; i++)
        {
            float* row = rows + i * Stride;
            V x = V.Load(row), absolute = V.Abs(x), w = isWeighted ? V.Load(row + V.Count) : x * x;
            V.Store(w, row + V.Count);
            V.Store(w * x, row + 2 * V.Count);
            largest = V.MaxBits(largest, absolute);
            extreme = V.Select(V.LessThan(magnitude, absolute), x, extreme);
            magnitude = V.Max(absolute, magnitude);
        }

        V inverse = V.Create(-TRule.Limit) / extreme, sumXQ = V.Zero, sumQQ = V.Zero;
        for (int i = 0; i < TRule.Length; i++)
        {
            float* row = rows + i * Stride;
            V q = ClampLow(ClampHigh(V.Round(inverse * V.Load(row))));
            sumXQ += V.Load(row + 2 * V.Count) * q;
            sumQQ += V.Load(row + V.Count) * q * q;
        }

        state.Extreme = extreme;
        state.Scale = V.Select(V.Equal(sumQQ, V.Zero), V.Zero, sumXQ / sumQQ);
        state.Best = state.Scale * sumXQ;
        state.Inverse = inverse;
        V finite = V.CreateBits(0x7F7FFFFF);
        return V.MaskBits(~V.Equal(V.MaxBits(largest, finite), finite));
    }

    // Three steps in one pass. An element cannot round below −limit before step 5.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Try(ref State state, float* rows, int step, bool mustClamp)
    {
        V inverse0 = Inverse(in state, step), inverse1 = Inverse(in state, step + 1), inverse2 = Inverse(in state, step + 2);
        V sumXQ0 = V.Zero, sumXQ1 = V.Zero, sumXQ2 = V.Zero, sumQQ0 = V.Zero, sumQQ1 = V.Zero, sumQQ2 = V.Zero;
        float* end = rows + RowFloats;
        if (mustClamp)
        {
            for (float* row = rows; row < end; row += Stride)
            {
                V x = V.Load(row), w = V.Load(row + V.Count), wx = V.Load(row + 2 * V.Count);
                Add(w, wx, ClampLow(ClampHigh(V.Round(inverse0 * x))), ref sumXQ0, ref sumQQ0);
                Add(w, wx, ClampLow(ClampHigh(V.Round(inverse1 * x))), ref sumXQ1, ref sumQQ1);
                Add(w, wx, ClampLow(ClampHigh(V.Round(inverse2 * x))), ref sumXQ2, ref sumQQ2);
            }
        }
        else
        {
            for (float* row = rows; row < end; row += Stride)
            {
                V x = V.Load(row), w = V.Load(row + V.Count), wx = V.Load(row + 2 * V.Count);
                Add(w, wx, ClampHigh(V.Round(inverse0 * x)), ref sumXQ0, ref sumQQ0);
                Add(w, wx, ClampHigh(V.Round(inverse1 * x)), ref sumXQ1, ref sumQQ1);
                Add(w, wx, ClampHigh(V.Round(inverse2 * x)), ref sumXQ2, ref sumQQ2);
            }
        }

        // In registers: in memory each judgement would wait for what the one before it stores.
        V scale = state.Scale, best = state.Best, inverse = state.Inverse;
        Judge(inverse0, sumXQ0, sumQQ0, ref scale, ref best, ref inverse);
        Judge(inverse1, sumXQ1, sumQQ1, ref scale, ref best, ref inverse);
        Judge(inverse2, sumXQ2, sumQQ2, ref scale, ref best, ref inverse);
        state.Scale = scale;
        state.Best = best;
        state.Inverse = inverse;
    }

    [MethodImpl(Inline)]
    private static V Inverse(in State state, int step) => V.Create(-(TRule.Limit + 0.1f * step)) / state.Extreme;

    [MethodImpl(Inline)]
    private static void Add(V w, V wx, V q, ref V sumXQ, ref V sumQQ)
    {
        sumXQ += wx * q;
        sumQQ += w * q * q;
    }

    [MethodImpl(Inline)]
    private static void Judge(V candidateInverse, V sumXQ, V sumQQ, ref V scale, ref V best, ref V inverse)
    {
        V candidate = sumXQ / sumQQ;
        V isBetter = V.LessThan(best * sumQQ, sumXQ * sumXQ) & V.LessThan(V.Zero, sumQQ);
        scale = V.Select(isBetter, candidate, scale);
        best = V.Select(isBetter, candidate * sumXQ, best);
        inverse = V.Select(isBetter, candidateInverse, inverse);
    }

    // Seen as integers, positive floats keep their order and negative ones lie below them.
    [MethodImpl(Inline)]
    private static V ClampHigh(V q) => V.MinBits(q, V.Create(TRule.Limit - 1));

    // Seen as unsigned integers, negative floats lie above positive ones, the more negative the higher.
    [MethodImpl(Inline)]
    private static V ClampLow(V q) => V.MinUnsignedBits(q, V.Create(-TRule.Limit));

    // At most StateVectors.
    private struct State
    {
        public V Extreme, Scale, Best, Inverse;
    }
}
