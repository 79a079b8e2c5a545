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

    /// <summary>The scalar definition for one row.</summary>
    public static void EncodeRow(ReadOnlySpan<float> row, Span<byte> destination)
    {
        for (; !row.IsEmpty; row = row[Elements..], destination = destination[TBlock.Bytes..])
            EncodeBlock(row[..Elements], destination);
    }

    // + 0.5 and truncation round. Four bits pass through an int8 and are clamped; five bits pass through a byte.
    private static void EncodeBlock(ReadOnlySpan<float> x, Span<byte> block)
    {
        float min = float.MaxValue, max = -float.MaxValue;
        foreach (float value in x)
        {
            // NaN counts for nothing.
            if (value < min)
                min = value;
            if (value > max)
                max = value;
        }

        float d = (max - min) / Limit, inverse = d != 0 ? 1 / d : 0;
        Span<byte> quants = stackalloc byte[Elements];
        for (int i = 0; i < Elements; i++)
        {
            int q = Rounding.Truncate((x[i] - min) * inverse + 0.5f);
            quants[i] = TBlock.Bits == 4 ? (byte)Math.Min(Limit, (int)(sbyte)q) : (byte)q;
        }

        TBlock.Store(d, min, quants, block);
    }

    /// <summary>The vector kernel.</summary>
    [SkipLocalsInit]
    public static void EncodeLanes<V>(ReadOnlySpan<float> rows, Span<byte> destination)
        where V : struct, ILanes<V>
    {
        float* minima = stackalloc float[V.Count], maxima = stackalloc float[V.Count], units = stackalloc float[V.Count], inverses = stackalloc float[V.Count];
        Span<byte> quants = stackalloc byte[Elements];
        fixed (float* source = rows)
        fixed (byte* integers = quants)
        {
            int blocks = rows.Length / Elements, whole = blocks - blocks % V.Count;
            for (int first = 0; first < whole; first += V.Count)
            {
                float* x = source + first * Elements;
                bool isSafe = true;
                for (int lane = 0; lane < V.Count; lane++)
                    isSafe &= TryRange<V>(x + lane * Elements, out minima[lane], out maxima[lane]);
                V unit = (V.Load(maxima) - V.Load(minima)) / V.Create(Limit);
                V.Store(unit, units);
                V.Store(V.Select(V.Equal(unit, V.Zero), V.Zero, V.Create(1) / unit), inverses);
                for (int lane = 0; lane < V.Count; lane++, x += Elements, destination = destination[TBlock.Bytes..])
                {
                    if (!isSafe)
                    {
                        EncodeBlock(new(x, Elements), destination);
                        continue;
                    }

                    V min = V.Create(minima[lane]), inverse = V.Create(inverses[lane]), half = V.Create(0.5f);
                    for (int i = 0; i < Elements; i += V.Count)
                    {
                        V q = V.TruncateToBits((V.Load(x + i) - min) * inverse + half);
                        V.StoreBytes(TBlock.Bits == 4 ? V.MinBits(V.ShiftRightBits(V.ShiftLeftBits(q, 24), 24), V.CreateBits(Limit)) : q, integers + i);
                    }

                    TBlock.Store(units[lane], minima[lane], quants, destination);
                }
            }

            EncodeRow(rows[(whole * Elements)..], destination);
        }
    }

    private static int Limit
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => (1 << TBlock.Bits) - 1;
    }

    // Not safe: where zeros of both signs could be at an end, whose place decides, and where there are infinities or NaN.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static bool TryRange<V>(float* x, out float min, out float max)
        where V : struct, ILanes<V>
    {
        V least = Ordered(V.Load(x)), greatest = least;
        for (int i = V.Count; i < Elements; i += V.Count)
        {
            V value = Ordered(V.Load(x + i));
            least = V.MinBits(least, value);
            greatest = V.MaxBits(greatest, value);
        }

        min = Unordered(~BitConverter.SingleToInt32Bits(V.LargestBits(~least)));
        max = Unordered(BitConverter.SingleToInt32Bits(V.LargestBits(greatest)));
        return min != 0 && max != 0 && float.IsFinite(min) && float.IsFinite(max);
    }

    // Integers in the order of the floats: the bits of negative ones are turned over.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static V Ordered<V>(V x)
        where V : struct, ILanes<V>
    {
        V turned = V.ShiftRightBits(x, 31) & V.CreateBits(int.MaxValue);
        return x & ~turned | ~x & turned;
    }

    private static float Unordered(int bits) => BitConverter.Int32BitsToSingle(bits ^ (bits >> 31 & int.MaxValue));
}
