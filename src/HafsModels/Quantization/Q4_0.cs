using System.Runtime.CompilerServices;
using HafsModels.Quantization.Lanes;
using HafsModels.Quantization.Search;
using HafsModels.Tensors;

namespace HafsModels.Quantization;

/// <summary>
/// 32 elements x ≈ d·(q − 8) with q in [0, 15]. Layout: d (F16), q (16 bytes, <see cref="BitPlanes"/>).
/// </summary>
internal sealed class Q4_0() : BlockFormat(GgmlType.Q4_0)
{
    private const int Elements = 32, Bytes = 18, Quants = 2, Limit = 8;

    private protected override void EncodeRow(ReadOnlySpan<float> row, ReadOnlySpan<float> importance, Span<byte> destination)
    {
        if (!importance.IsEmpty)
        {
            WeightedBlocks<Block>.EncodeScales(row, importance, destination);
            return;
        }

        Span<byte> quants = stackalloc byte[Elements];
        for (; !row.IsEmpty; row = row[Elements..], destination = destination[Bytes..])
        {
            float d = Spread(row[..Elements], quants);
            Block.Store(d, 0, quants, destination);
        }
    }

    // The element of largest magnitude becomes q = 0, whichever its sign, so d has the opposite sign.
    private static float Spread(ReadOnlySpan<float> x, Span<byte> quants)
    {
        float d = ScaleSearch.Extreme(x) / -Limit, inverse = d != 0 ? 1 / d : 0;
        for (int i = 0; i < Elements; i++)
            quants[i] = (byte)Math.Min(15, (int)(sbyte)Rounding.Truncate(x[i] * inverse + 8.5f));
        return d;
    }

    // The vector kernel: as many blocks as there are lanes, first their extremes, then their scales side by side, then their integers.
    [SkipLocalsInit]
    private protected override unsafe void EncodeLanes<V>(ReadOnlySpan<float> rows, int rowLength, ReadOnlySpan<float> importance, Span<byte> destination)
    {
        if (!importance.IsEmpty)
        {
            WeightedBlocks<Block>.EncodeScales<V>(rows, rowLength, importance, destination);
            return;
        }

        float* extremes = stackalloc float[V.Count], inverses = stackalloc float[V.Count], halves = stackalloc float[V.Count];
        fixed (float* source = rows)
        fixed (byte* target = destination)
        {
            int blocks = rows.Length / Elements, whole = blocks - blocks % V.Count;
            for (int first = 0; first < whole; first += V.Count)
            {
                float* x = source + first * Elements;
                for (int lane = 0; lane < V.Count; lane++)
                    extremes[lane] = BlockLanes.Extreme<V>(new(x + lane * Elements, Elements));
                V d = V.Load(extremes) / V.Create(-Limit);
                V.Store(V.Select(V.Equal(d, V.Zero), V.Zero, V.Create(1) / d), inverses);
                V.Store(HalfLanes.Narrow(d), halves);
                byte* block = target + first * Bytes;
                for (int lane = 0; lane < V.Count; lane++, x += Elements, block += Bytes)
                {
                    *(ushort*)block = (ushort)BitConverter.SingleToInt32Bits(halves[lane]);
                    V inverse = V.Create(inverses[lane]);
                    for (int i = 0; i < Elements / 2; i += V.Count)
                        V.StoreBytes(Quantize(V.Load(x + i), inverse) | V.ShiftLeftBits(Quantize(V.Load(x + Elements / 2 + i), inverse), 4), block + Quants + i);
                }
            }

            int tail = whole * Elements;
            if (tail < rows.Length)
                EncodeRow(rows[tail..], default, destination[(whole * Bytes)..]);
        }
    }

    // Truncated, by way of an int8, and kept below 16.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static V Quantize<V>(V x, V inverse)
        where V : struct, ILanes<V>
        => V.MinBits(V.ShiftRightBits(V.ShiftLeftBits(V.TruncateToBits(x * inverse + V.Create(8.5f)), 24), 24), V.CreateBits(15));

    private protected override void DecodeBlocks(ReadOnlySpan<byte> blocks, Span<float> destination)
    {
        Span<byte> quants = stackalloc byte[Elements];
        for (; !blocks.IsEmpty; blocks = blocks[Bytes..], destination = destination[Elements..])
        {
            float d = blocks.ReadHalf(0);
            BitPlanes.UnpackHalves(blocks[Quants..Bytes], quants);
            for (int i = 0; i < Elements; i++)
                destination[i] = (quants[i] - Limit) * d;
        }
    }

    private readonly struct Block : IPlainBlock
    {
        public static int Bytes => Q4_0.Bytes;
        public static int Bits => 4;

        public static void Store(float d, float m, ReadOnlySpan<byte> quants, Span<byte> block)
        {
            block.WriteHalf(0, d);
            BitPlanes.PackHalves(quants, block[Quants..]);
        }
    }
}
