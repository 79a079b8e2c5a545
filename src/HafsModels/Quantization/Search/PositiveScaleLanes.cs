using System.Runtime.CompilerServices;
using HafsModels.Quantization.Lanes;

namespace HafsModels.Quantization.Search;

/// <summary>
/// <see cref="PositiveScaleSearch"/> on several problems at once, one in each lane, with the scalar definition's operations in its order. Negative numbers are
/// allowed, and their integers pass through a byte where those of the scalar definition do. Lanes with infinities, NaN, negative weights or a
/// quotient too large to round are reported as failed.
/// </summary>
internal static unsafe class PositiveScaleLanes<V>
    where V : struct, ILanes<V>
{
    private const MethodImplOptions Inline = MethodImplOptions.AggressiveInlining;
    private const int Rounds = 5;
    private const float SafeToRound = 4e6f, SafeBelowZero = -200;

    /// <summary>Floats from the row of one number to that of the next: the number, its weight and its integer, for every lane.</summary>
    public static int Stride
    {
        [MethodImpl(Inline)]
        get => 3 * V.Count;
    }

    /// <summary>Solves <c>V.Count</c> problems.</summary>
    /// <param name="rows">Numbers and weights filled in; takes the integers as whole floats.</param>
    /// <param name="count">Numbers of a problem.</param>
    /// <param name="limit">Largest integer.</param>
    /// <param name="scales">Takes what one unit is worth.</param>
    /// <returns>One bit for each lane that failed.</returns>
    public static uint Find(float* rows, int count, int limit, float* scales)
    {
        float* end = rows + count * Stride;
        V max = V.Zero, min = V.Zero, largestX = V.Zero, largestW = V.Zero;
        for (float* row = rows; row < end; row += Stride)
        {
            V x = V.Load(row);
            max = V.Max(max, x);
            min = V.Min(min, x);
            largestX = V.MaxBits(largestX, V.Abs(x));
            largestW = V.MaxUnsignedBits(largestW, V.Load(row + V.Count));
        }

        // As unsigned integers, negative numbers and those that are none lie above the finite ones.
        V finite = V.CreateBits(0x7F7FFFFF), limits = V.Create(limit);
        V failed = ~(V.Equal(V.MaxBits(largestX, finite), finite) & V.Equal(V.MaxUnsignedBits(largestW, finite), finite));
        V isZero = V.LessThan(max, V.Create(ScaleSearch.Tiny));

        failed |= ~isZero & ~V.LessThan(V.Create(SafeBelowZero) * max, V.Create(limit + 1) * min);

        V bestInverse = limits / max, best = Error(rows, end, bestInverse, limits, asBytes: true);
        for (int step = -4; step <= 4; step++)
        {
            if (step == 0)
                continue;
            V inverse = V.Create(0.1f * step + limit) / max;
            V error = Error(rows, end, inverse, limits, asBytes: false);
            V isBetter = V.LessThan(error, best);
            best = V.Select(isBetter, error, best);
            bestInverse = V.Select(isBetter, inverse, bestInverse);
        }

        V sumXQ = V.Zero, sumQQ = V.Zero;
        for (float* row = rows; row < end; row += Stride)
        {
            V x = V.Load(row), w = V.Load(row + V.Count), q = V.Min(V.Round(bestInverse * x), limits);
            V.Store(AsByte(q), row + 2 * V.Count);
            sumXQ += w * x * q;
            sumQQ += w * q * q;
        }

        V active = ~(isZero | failed);
        for (int round = 0; round < Rounds && V.MaskBits(active) != 0; round++)
        {
            V changed = V.Zero;
            for (float* row = rows; row < end; row += Stride)
                Improve(row, active, limits, ref sumXQ, ref sumQQ, ref changed, ref failed);
            active &= changed;
        }

        for (float* row = rows; row < end; row += Stride)
            V.Store(V.Select(isZero, V.Zero, V.Load(row + 2 * V.Count)), row + 2 * V.Count);
        V.Store(V.Select(~isZero & V.LessThan(V.Zero, sumQQ), sumXQ / sumQQ, V.Zero), scales);
        return V.MaskBits(failed);
    }

    [MethodImpl(Inline)]
    private static V Error(float* rows, float* end, V inverse, V limits, bool asBytes)
    {
        V scale = V.Create(1) / inverse, error = V.Zero;
        for (float* row = rows; row < end; row += Stride)
        {
            V x = V.Load(row), q = V.Min(V.Round(inverse * x), limits), difference = x - scale * (asBytes ? AsByte(q) : q);
            error += V.Load(row + V.Count) * difference * difference;
        }

        return error;
    }

    [MethodImpl(Inline)]
    private static void Improve(float* row, V active, V limits, ref V sumXQ, ref V sumQQ, ref V changed, ref V failed)
    {
        V x = V.Load(row), w = V.Load(row + V.Count), q = V.Load(row + 2 * V.Count);
        V othersXQ = sumXQ - w * x * q, othersQQ = sumQQ - w * q * q;
        V considered = active & V.LessThan(V.Zero, othersXQ) & V.LessThan(V.Zero, othersQQ);
        V quotient = x * othersQQ / othersXQ;
        failed |= considered & ~(V.LessThan(quotient, V.Create(SafeToRound)) & V.LessThan(V.Create(SafeBelowZero), quotient));
        V candidate = V.Min(V.Round(quotient), limits);
        othersXQ += w * x * candidate;
        othersQQ += w * candidate * candidate;
        V isBetter = considered & ~V.Equal(candidate, q) & V.LessThan(sumXQ * sumXQ * othersQQ, othersXQ * othersXQ * sumQQ);
        V.Store(V.Select(isBetter, AsByte(candidate), q), row + 2 * V.Count);
        sumXQ = V.Select(isBetter, othersXQ, sumXQ);
        sumQQ = V.Select(isBetter, othersQQ, sumQQ);
        changed |= isBetter;
    }

    // Whole numbers above −256.
    [MethodImpl(Inline)]
    private static V AsByte(V q) => V.Select(V.LessThan(q, V.Zero), q + V.Create(256), q);
}
