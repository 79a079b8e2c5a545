using System.Numerics;
using System.Runtime.CompilerServices;
using HafsModels.Quantization.Lanes;
using HafsModels.Quantization.Search;

namespace HafsModels.Quantization;

/// <summary>
/// Q4_0 and Q5_0 without an importance matrix: the element of largest magnitude becomes q = 0, whichever its sign, so d has the opposite sign. The vector
/// kernel takes as many blocks as there are lanes: first their extremes, then their units side by side, then their integers.
/// </summary>
internal static unsafe class SpreadBlocks<TBlock>
    where TBlock : struct, IPlainBlock
{
    private const int Elements = 32;

    private static int Half
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => 1 << TBlock.Bits - 1;
    }

    /// <summary>The scalar definition for one row.</summary>
    public static void EncodeRow(ReadOnlySpan<float> row, Span<byte> destination)
    {
        Span<byte> quants = stackalloc byte[Elements];
        for (; !row.IsEmpty; row = row[Elements..], destination = destination[TBlock.Bytes..])
        {
            float d = ScaleSearch.Extreme(row[..Elements]) / -Half, inverse = d != 0 ? 1 / d : 0;
            for (int i = 0; i < Elements; i++)
                quants[i] = (byte)Math.Min(2 * Half - 1, (int)(sbyte)Rounding.Truncate(row[i] * inverse + (Half + 0.5f)));
            TBlock.Store(d, 0, quants, destination);
        }
    }

    /// <summary>The vector kernel.</summary>
    [SkipLocalsInit]
    public static void EncodeLanes<V>(ReadOnlySpan<float> rows, Span<byte> destination)
        where V : struct, ILanes<V>
    {
        float* memory = stackalloc float[PlainLanes<TBlock>.MostBlocks + CacheLines.Floats], units = CacheLines.Align(memory);
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
                    V.Store(Extremes<V>(x + i * Elements, ref isTame) / V.Create(-Half), units + i);
                PlainLanes<TBlock>.Store<V>(x, units, null, count, isTame, target + first * TBlock.Bytes);
            }
        }

        EncodeRow(rows[(whole * Elements)..], destination[(whole * TBlock.Bytes)..]);
    }

    // Tame are numbers of which all are finite, and whose extremes are 0 or so large that neither units nor their inverses are denormal.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static V Extremes<V>(float* x, ref bool isTame)
        where V : struct, ILanes<V>
    {
        V above = BlockFolding.Largest<V, BlockFolding.AboveZero>(x), below = BlockFolding.Largest<V, BlockFolding.BelowZero>(x);
        V magnitude = V.MaxBits(V.Abs(above), V.Abs(below)), extreme = V.Select(V.LessThan(V.Abs(below), V.Abs(above)), above, below);
        V isFinite = V.LessThan(magnitude, V.Create(float.PositiveInfinity));
        isTame &= V.MaskBits(isFinite & (V.LessThan(V.Create(1e-36f), magnitude) | V.Equal(magnitude, V.Zero))) == uint.MaxValue >> 32 - V.Count;

        // Of two opposite numbers the first counts; zeros have no sign; infinities and NaN take their turn.
        uint unclear = V.MaskBits(V.Equal(above, -below) | ~isFinite);
        return unclear == 0 ? extreme : Clear(extreme, unclear, x);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static V Clear<V>(V extreme, uint unclear, float* x)
        where V : struct, ILanes<V>
    {
        float* extremes = stackalloc float[V.Count];
        V.Store(extreme, extremes);
        for (; unclear != 0; unclear &= unclear - 1)
        {
            int lane = BitOperations.TrailingZeroCount(unclear);
            extremes[lane] = BlockLanes.Extreme<V>(new(x + lane * Elements, Elements));
        }

        return V.Load(extremes);
    }
}
