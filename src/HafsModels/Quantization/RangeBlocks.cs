using System.Numerics;
using System.Runtime.CompilerServices;
using HafsModels.Quantization.Lanes;

namespace HafsModels.Quantization;

/// <summary>
/// Q4_1 and Q5_1 without an importance matrix: the range of 32 elements is spread over the integers. The vector kernel takes as many blocks as there are
/// lanes: first their ranges, then their units side by side, then their integers.
/// </summary>
internal static unsafe class RangeBlocks<TBlock>
    where TBlock : struct, IPlainBlock
{
    private const int Elements = 32;

    private static int Limit
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => (1 << TBlock.Bits) - 1;
    }

    /// <summary>The scalar definition for one row.</summary>
    public static void EncodeRow(ReadOnlySpan<float> row, Span<byte> destination)
    {
        Span<byte> quants = stackalloc byte[Elements];
        for (; !row.IsEmpty; row = row[Elements..], destination = destination[TBlock.Bytes..])
        {
            (float min, float max) = Range(row[..Elements]);
            float d = (max - min) / Limit, inverse = d != 0 ? 1 / d : 0;
            for (int i = 0; i < Elements; i++)
            {
                // + 0.5 and truncation round. Four bits pass through an int8 and are clamped; five bits pass through a byte.
                int q = Rounding.Truncate((row[i] - min) * inverse + 0.5f);
                quants[i] = TBlock.Bits == 4 ? (byte)Math.Min(Limit, (int)(sbyte)q) : (byte)q;
            }

            TBlock.Store(d, min, quants, destination);
        }
    }

    // NaN counts for nothing.
    private static (float Min, float Max) Range(ReadOnlySpan<float> x)
    {
        float min = float.MaxValue, max = -float.MaxValue;
        foreach (float value in x)
        {
            if (value < min)
                min = value;
            if (value > max)
                max = value;
        }

        return (min, max);
    }

    /// <summary>The vector kernel.</summary>
    [SkipLocalsInit]
    public static void EncodeLanes<V>(ReadOnlySpan<float> rows, Span<byte> destination)
        where V : struct, ILanes<V>
    {
        float* memory = stackalloc float[2 * PlainLanes<TBlock>.MostBlocks + CacheLines.Floats], units = CacheLines.Align(memory), minima = units + PlainLanes<TBlock>.MostBlocks;
        int blocks = rows.Length / Elements, whole = blocks - blocks % V.Count;
        fixed (float* source = rows)
        fixed (byte* target = destination)
        {
            for (int first = 0, count; first < whole; first += count)
            {
                count = Math.Min(PlainLanes<TBlock>.MostBlocks, whole - first);
                float* x = source + first * Elements;
                bool isTame = true;
                for (int i = 0; i < count; i += V.Count)
                {
                    V unit = Ranges(x + i * Elements, out V min, ref isTame) / V.Create(Limit);
                    V.Store(unit, units + i);
                    V.Store(min, minima + i);
                }

                PlainLanes<TBlock>.Store<V>(x, units, minima, count, isTame, target + first * TBlock.Bytes);
            }
        }

        EncodeRow(rows[(whole * Elements)..], destination[(whole * TBlock.Bytes)..]);
    }

    // Max − min. Tame are numbers of which all are finite, and whose ranges are so large and so small that neither units nor their inverses are denormal.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static V Ranges<V>(float* x, out V min, ref bool isTame)
        where V : struct, ILanes<V>
    {
        V max = BlockFolding.Largest<V, BlockFolding.AboveZero>(x);
        min = BlockFolding.Largest<V, BlockFolding.BelowZero>(x);

        // Where no number is above zero, or none below, the other end is not known. Infinities and NaN take their turn.
        V infinity = V.Create(float.PositiveInfinity), isFinite = V.LessThan(max - min, infinity), isKnown = isFinite & V.LessThan(V.Zero, max) & V.LessThan(min, V.Zero);
        uint allLanes = uint.MaxValue >> 32 - V.Count, unknown = allLanes & ~V.MaskBits(isKnown);
        if (unknown != 0)
            Find(ref min, ref max, unknown, x);
        V range = max - min;
        isTame &= V.MaskBits(isFinite & V.LessThan(V.Create(1e-34f), range) & V.LessThan(range, infinity)) == allLanes;
        return range;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Find<V>(ref V min, ref V max, uint unknown, float* x)
        where V : struct, ILanes<V>
    {
        float* minima = stackalloc float[V.Count], maxima = stackalloc float[V.Count];
        V.Store(min, minima);
        V.Store(max, maxima);
        for (; unknown != 0; unknown &= unknown - 1)
        {
            int lane = BitOperations.TrailingZeroCount(unknown);
            (minima[lane], maxima[lane]) = Range(new(x + lane * Elements, Elements));
        }

        (min, max) = (V.Load(minima), V.Load(maxima));
    }
}
