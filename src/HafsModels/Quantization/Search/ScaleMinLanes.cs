using System.Runtime.CompilerServices;
using HafsModels.Quantization.Lanes;

namespace HafsModels.Quantization.Search;

/// <summary>
/// <see cref="ScaleMinSearch"/> on many sub-blocks at once, one in each lane. Every lane performs the operations of the scalar definition in its order, so
/// the floats are the same; branches become masks. What the scalar definition keeps as integers stays a whole float here, and the integers of the best
/// candidate are not kept at all: the stored scales decide them anew.
/// <para>
/// Rounding through the vector unit equals ggml's bit trick only below 2^22, and a spread that overflows or vanishes makes infinities and NaN. A lane that
/// leaves the safe range is reported as failed and must be searched by the scalar definition.
/// </para>
/// </summary>
internal static unsafe class ScaleMinLanes<V, TRule>
    where V : struct, ILanes<V>
    where TRule : struct, IScaleMinRule
{
    private const MethodImplOptions Inline = MethodImplOptions.AggressiveInlining;
    private const float SafeToRound = 4e6f;

    /// <summary>Floats from the row of one element to that of the next: the element and its weight of every lane.</summary>
    public static int Stride
    {
        [MethodImpl(Inline)]
        get => 2 * V.Count;
    }

    /// <summary>
    /// Floats of a group of lanes: its rows, behind all of them the candidate integers, and the state of its search (vectors that cross cache lines are slow).
    /// A CPU takes a load for one of what is being stored if they are whole memory pages apart; so that no integer is stored such a distance from
    /// an element read later, a group takes two pages for sixteen lanes.
    /// </summary>
    public static int GroupFloats
    {
        [MethodImpl(Inline)]
        get => ScaleMinBatch.GroupVectors * V.Count;
    }

    private static int RowFloats
    {
        [MethodImpl(Inline)]
        get => TRule.Length * Stride;
    }

    /// <summary>
    /// Searches two groups, <c>2·V.Count</c> sub-blocks. They take turns, so that one's divisions overlap with the other's sums.
    /// </summary>
    /// <param name="rows">The rows of the first group, then those of the second: elements and weights filled in.</param>
    /// <param name="scales">Takes the scales.</param>
    /// <param name="offsets">Takes the offsets (−m).</param>
    /// <param name="sumWeights">Takes the sums of the weights.</param>
    /// <param name="inverses">Takes the inverse scales that the integers of the best candidates came from; 0 where all elements are equal.</param>
    /// <param name="minima">Takes the minima that were subtracted for them.</param>
    /// <returns>One bit for each sub-block that failed.</returns>
    public static uint Find(float* rows, float* scales, float* offsets, float* sumWeights, float* inverses, float* minima)
    {
        float* rowsOfB = rows + GroupFloats;
        ref State a = ref StateOf(rows);
        ref State b = ref StateOf(rowsOfB);
        Start(ref a, rows);
        Start(ref b, rowsOfB);
        for (int step = 0; step <= TRule.LastStep; step++)
        {
            // Up to this target no element can round to more than the limit.
            float target = TRule.FirstOffset + TRule.OffsetStep * step + TRule.Limit;
            Step(ref a, ref b, rows, target, mustClamp: target > TRule.Limit + 0.45f);
        }

        return Finish(in a, scales, offsets, sumWeights, inverses, minima)
            | Finish(in b, scales + V.Count, offsets + V.Count, sumWeights + V.Count, inverses + V.Count, minima + V.Count) << V.Count;
    }

    [MethodImpl(Inline)]
    private static ref State StateOf(float* rows) => ref Unsafe.AsRef<State>(rows + RowFloats + TRule.Length * V.Count);

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Start(ref State state, float* rows)
    {
        V min = V.Load(rows), max = min, sumW = V.Load(rows + V.Count), sumX = sumW * min;
        for (int i = 1; i < TRule.Length; i++)
        {
            V x = V.Load(rows + i * Stride), w = V.Load(rows + i * Stride + V.Count);
            min = V.Min(x, min);
            max = V.Max(x, max);
            sumW += w;
            sumX += w * x;
        }

        V failed = ~V.LessThan(V.Abs(sumX), V.Create(float.MaxValue));
        min = V.Min(V.Zero, min);
        V range = max - min, inverse = V.Create(TRule.Limit) / range, scale = V.Create(1) / inverse;
        failed |= ~V.LessThan(V.Abs(inverse * range), V.Create(SafeToRound));
        V limit = V.Create(TRule.Limit), error = V.Zero;
        for (int i = 0; i < TRule.Length; i++)
        {
            V x = V.Load(rows + i * Stride);
            V q = Clamp(V.Round(inverse * (x - min)), limit);
            error += V.Load(rows + i * Stride + V.Count) * Cost(scale * q + min - x);
        }

        state.Max = max;
        state.SumW = sumW;
        state.SumX = sumX;
        state.FirstMin = min;
        state.Min = min;
        state.Scale = scale;
        state.BestInverse = inverse;
        state.BestMin = min;
        state.Error = error;
        state.Constant = V.Equal(max, min);
        state.Failed = failed;
        state.LargestInverse = V.Zero;
        state.LargestReach = V.Zero;
    }

    [MethodImpl(Inline)]
    private static V Inverse(ref State state, float target)
    {
        V inverse = V.Create(target) / (state.Max - state.Min);
        state.LargestInverse = V.MaxUnsignedBits(state.LargestInverse, V.SubtractBits(inverse, V.CreateBits(1)));
        state.LargestReach = V.MaxBits(state.LargestReach, V.Abs(inverse * (state.FirstMin - state.Min)));
        return inverse;
    }

    // Integers for the next inverse scale, and the scale and minimum that fit them best; lanes where these are better take them over. Not inlined, so that
    // the sums of a loop have all registers.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Step(ref State a, ref State b, float* rows, float target, bool mustClamp)
    {
        V minA = a.Min, minB = b.Min, inverseA = Inverse(ref a, target), inverseB = Inverse(ref b, target);
        V sumQA = V.Zero, sumQQA = V.Zero, sumXQA = V.Zero;
        V sumQB = V.Zero, sumQQB = V.Zero, sumXQB = V.Zero;
        float* end = rows + RowFloats, quant = end;
        if (mustClamp)
        {
            V limit = V.Create(TRule.Limit);
            for (float* row = rows; row < end; row += Stride, quant += V.Count)
            {
                V x = V.Load(row);
                Add(row, quant, x, Clamp(V.Round(inverseA * (x - minA)), limit), ref sumQA, ref sumQQA, ref sumXQA);
                x = V.Load(row + GroupFloats);
                Add(row + GroupFloats, quant + GroupFloats, x, Clamp(V.Round(inverseB * (x - minB)), limit), ref sumQB, ref sumQQB, ref sumXQB);
            }
        }
        else
        {
            for (float* row = rows; row < end; row += Stride, quant += V.Count)
            {
                V x = V.Load(row);
                Add(row, quant, x, V.MaxBits(V.Round(inverseA * (x - minA)), V.Zero), ref sumQA, ref sumQQA, ref sumXQA);
                x = V.Load(row + GroupFloats);
                Add(row + GroupFloats, quant + GroupFloats, x, V.MaxBits(V.Round(inverseB * (x - minB)), V.Zero), ref sumQB, ref sumQQB, ref sumXQB);
            }
        }

        V scaleA = Fit(in a, sumQA, sumQQA, sumXQA, out V candidateMinA, out V determinantA), errorA = V.Zero;
        V scaleB = Fit(in b, sumQB, sumQQB, sumXQB, out V candidateMinB, out V determinantB), errorB = V.Zero;
        quant = end;
        for (float* row = rows; row < end; row += Stride, quant += V.Count)
        {
            errorA += V.Load(row + V.Count) * Cost(scaleA * V.Load(quant) + candidateMinA - V.Load(row));
            float* rowB = row + GroupFloats;
            errorB += V.Load(rowB + V.Count) * Cost(scaleB * V.Load(quant + GroupFloats) + candidateMinB - V.Load(rowB));
        }

        Replace(ref a, scaleA, candidateMinA, errorA, determinantA, inverseA);
        Replace(ref b, scaleB, candidateMinB, errorB, determinantB, inverseB);
    }

    [MethodImpl(Inline)]
    private static V Fit(in State state, V sumQ, V sumQQ, V sumXQ, out V candidateMin, out V determinant)
    {
        V sumW = state.SumW, sumX = state.SumX;
        determinant = sumW * sumQQ - sumQ * sumQ;
        V min = (sumQQ * sumX - sumQ * sumXQ) / determinant, isPositive = V.LessThan(V.Zero, min);
        candidateMin = V.Select(isPositive, V.Zero, min);
        return V.Select(isPositive, sumXQ, sumW * sumXQ - sumX * sumQ) / V.Select(isPositive, sumQQ, determinant);
    }

    [MethodImpl(Inline)]
    private static void Add(float* row, float* quant, V x, V q, ref V sumQ, ref V sumQQ, ref V sumXQ)
    {
        V.Store(q, quant);
        V wq = V.Load(row + V.Count) * q;
        sumQ += wq;
        sumQQ += wq * q;
        sumXQ += wq * x;
    }

    [MethodImpl(Inline)]
    private static void Replace(ref State state, V scale, V min, V error, V determinant, V inverse)
    {
        V isBetter = V.LessThan(error, state.Error) & V.LessThan(V.Zero, determinant);
        state.Error = V.Select(isBetter, error, state.Error);
        state.Scale = V.Select(isBetter, scale, state.Scale);
        state.BestInverse = V.Select(isBetter, inverse, state.BestInverse);
        state.BestMin = V.Select(isBetter, state.Min, state.BestMin);
        state.Min = V.Select(isBetter, min, state.Min);
    }

    [MethodImpl(Inline)]
    private static uint Finish(in State state, float* scales, float* offsets, float* sumWeights, float* inverses, float* minima)
    {
        V.Store(V.Select(state.Constant, V.Zero, state.Scale), scales);
        V.Store(-V.Select(state.Constant, state.FirstMin, state.Min), offsets);
        V.Store(state.SumW, sumWeights);
        V.Store(V.Select(state.Constant, V.Zero, state.BestInverse), inverses);
        V.Store(state.BestMin, minima);

        // As integers, what is not a positive number lies above all that are; an inverse is compared less one, which puts 0 there as well.
        V largest = V.CreateBits(0x7F7FFFFE), reach = V.Create(SafeToRound);
        V isSafe = V.Equal(V.MaxUnsignedBits(state.LargestInverse, largest), largest) & V.Equal(V.MaxBits(state.LargestReach, reach), reach);
        return V.MaskBits((state.Failed | ~isSafe) & ~state.Constant);
    }

    // Whole floats, neither negative nor NaN, keep their order as integers, and so negative ones come out below 0.
    [MethodImpl(Inline)]
    private static V Clamp(V q, V limit) => V.MaxBits(V.MinBits(q, limit), V.Zero);

    [MethodImpl(Inline)]
    private static V Cost(V difference) => TRule.AbsoluteError ? V.Abs(difference) : difference * difference;

    // With the rows and the candidates at most ScaleMinBatch.GroupVectors.
    private struct State
    {
        public V Max, SumW, SumX, FirstMin, Min, Scale, Error, Constant, Failed, LargestInverse, LargestReach;
        public V BestInverse, BestMin;
    }
}
