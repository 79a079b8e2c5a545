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
    private const int StateVectors = 16;

    /// <summary>Floats from the row of one element to that of the next: the element, its weight and the candidate integer of every lane.</summary>
    public static int Stride
    {
        [MethodImpl(Inline)]
        get => 3 * V.Count;
    }

    /// <summary>Floats of a group of lanes: its rows, and room for the state of its search (vectors that cross cache lines are slow).</summary>
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

    /// <summary>
    /// Searches two groups, <c>2·V.Count</c> sub-blocks. They take turns, so that one's divisions overlap with the other's sums.
    /// </summary>
    /// <param name="rows">The rows of the first group, then those of the second: elements and weights filled in.</param>
    /// <param name="scales">Takes the scales.</param>
    /// <param name="offsets">Takes the offsets (−m).</param>
    /// <param name="sumWeights">Takes the sums of the weights.</param>
    /// <returns>One bit for each sub-block that failed.</returns>
    public static uint Find(float* rows, float* scales, float* offsets, float* sumWeights)
    {
        float* rowsOfB = rows + GroupFloats;
        ref State a = ref Unsafe.AsRef<State>(rows + RowFloats);
        ref State b = ref Unsafe.AsRef<State>(rowsOfB + RowFloats);
        a = Start(rows);
        b = Start(rowsOfB);
        for (int step = 0; step <= TRule.LastStep; step++)
        {
            // Up to this target no element can round to more than the limit.
            float target = TRule.FirstOffset + TRule.OffsetStep * step + TRule.Limit;
            bool mustClamp = target > TRule.Limit + 0.45f;
            Propose(ref a, rows, target, mustClamp);
            Propose(ref b, rowsOfB, target, mustClamp);
            Judge(ref a, rows);
            Judge(ref b, rowsOfB);
        }

        return Finish(in a, scales, offsets, sumWeights) | Finish(in b, scales + V.Count, offsets + V.Count, sumWeights + V.Count) << V.Count;
    }

    private static State Start(float* rows)
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

        return new State
        {
            Max = max,
            SumW = sumW,
            SumX = sumX,
            FirstMin = min,
            Min = min,
            Scale = scale,
            Error = error,
            Constant = V.Equal(max, min),
            Failed = failed,
        };
    }

    // Integers for the next inverse scale, and the scale and minimum that fit them best. Not inlined, so that the sums of a loop have all registers.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Propose(ref State state, float* rows, float target, bool mustClamp)
    {
        V min = state.Min, inverse = V.Create(target) / (state.Max - min);
        state.LargestInverse = V.MaxUnsignedBits(state.LargestInverse, V.SubtractBits(inverse, V.CreateBits(1)));
        state.LargestReach = V.MaxBits(state.LargestReach, V.Abs(inverse * (state.FirstMin - min)));

        V sumQ = V.Zero, sumQQ = V.Zero, sumXQ = V.Zero;
        float* end = rows + RowFloats;
        if (mustClamp)
        {
            V limit = V.Create(TRule.Limit);
            for (float* row = rows; row < end; row += Stride)
            {
                V x = V.Load(row);
                Add(row, x, Clamp(V.Round(inverse * (x - min)), limit), ref sumQ, ref sumQQ, ref sumXQ);
            }
        }
        else
        {
            for (float* row = rows; row < end; row += Stride)
            {
                V x = V.Load(row);
                Add(row, x, V.MaxBits(V.Round(inverse * (x - min)), V.Zero), ref sumQ, ref sumQQ, ref sumXQ);
            }
        }

        V sumW = state.SumW, sumX = state.SumX;
        V determinant = sumW * sumQQ - sumQ * sumQ;
        V candidateMin = (sumQQ * sumX - sumQ * sumXQ) / determinant;
        V isPositive = V.LessThan(V.Zero, candidateMin);
        state.CandidateScale = V.Select(isPositive, sumXQ, sumW * sumXQ - sumX * sumQ) / V.Select(isPositive, sumQQ, determinant);
        state.CandidateMin = V.Select(isPositive, V.Zero, candidateMin);
        state.Determinant = determinant;
    }

    [MethodImpl(Inline)]
    private static void Add(float* row, V x, V q, ref V sumQ, ref V sumQQ, ref V sumXQ)
    {
        V.Store(q, row + 2 * V.Count);
        V wq = V.Load(row + V.Count) * q;
        sumQ += wq;
        sumQQ += wq * q;
        sumXQ += wq * x;
    }

    // Lanes where the candidate is better take it over.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Judge(ref State state, float* rows)
    {
        V scale = state.CandidateScale, min = state.CandidateMin, error = V.Zero;
        float* end = rows + RowFloats;
        for (float* row = rows; row < end; row += Stride)
            error += V.Load(row + V.Count) * Cost(scale * V.Load(row + 2 * V.Count) + min - V.Load(row));

        V isBetter = V.LessThan(error, state.Error) & V.LessThan(V.Zero, state.Determinant);
        state.Error = V.Select(isBetter, error, state.Error);
        state.Scale = V.Select(isBetter, scale, state.Scale);
        state.Min = V.Select(isBetter, min, state.Min);
    }

    [MethodImpl(Inline)]
    private static uint Finish(in State state, float* scales, float* offsets, float* sumWeights)
    {
        V.Store(V.Select(state.Constant, V.Zero, state.Scale), scales);
        V.Store(-V.Select(state.Constant, state.FirstMin, state.Min), offsets);
        V.Store(state.SumW, sumWeights);

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

    // At most StateVectors.
    private struct State
    {
        public V Max, SumW, SumX, FirstMin, Min, Scale, Error, Constant, Failed, LargestInverse, LargestReach;
        public V CandidateScale, CandidateMin, Determinant;
    }
}
