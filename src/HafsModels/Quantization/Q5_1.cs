using HafsModels.Quantization.Lanes;
using HafsModels.Quantization.Search;
using HafsModels.Tensors;

namespace HafsModels.Quantization;

/// <summary>
/// 32 elements x ≈ d·q + m with q in [0, 31]. Layout: d (F16), m (F16), the fifth bits of q (uint32, bit i for element i), the lower four (16 bytes,
/// <see cref="BitPlanes"/>).
/// </summary>
internal sealed class Q5_1() : BlockFormat(GgmlType.Q5_1)
{
    private const int Elements = 32, Bytes = 24, Minimum = 2, High = 4, Limit = 31;

    private protected override void EncodeRow(ReadOnlySpan<float> row, ReadOnlySpan<float> importance, Span<byte> destination)
    {
        float meanSquare = importance.IsEmpty ? 0 : Importance.SumOfSquares(row) / row.Length;
        Span<byte> quants = stackalloc byte[Elements];
        for (int i = 0; i < row.Length; i += Elements, destination = destination[Bytes..])
        {
            ReadOnlySpan<float> x = row.Slice(i, Elements);
            (float d, float m) = importance.IsEmpty ? Spread(x, quants) : Importance.ScaleAndMinimum<WeightedFiveBits>(x, importance.Slice(i, Elements), meanSquare, quants);
            destination.WriteHalf(0, d);
            destination.WriteHalf(Minimum, m);
            Q5_0.PackFiveBits(quants, destination[High..]);
        }
    }

    // Unlike in Q4_1 nothing is clamped, and the truncated number passes through a byte.
    private static (float D, float M) Spread(ReadOnlySpan<float> x, Span<byte> quants)
    {
        (float min, float max) = Q4_1.Range(x);
        float d = (max - min) / Limit, inverse = d != 0 ? 1 / d : 0;
        for (int i = 0; i < Elements; i++)
            quants[i] = (byte)Rounding.Truncate((x[i] - min) * inverse + 0.5f);
        return (d, min);
    }

    private protected override void EncodeLanes<V>(ReadOnlySpan<float> rows, int rowLength, ReadOnlySpan<float> importance, Span<byte> destination)
    {
        if (!importance.IsEmpty)
        {
            EncodeRows(rows, rowLength, importance, destination);
            return;
        }

        Span<byte> quants = stackalloc byte[Elements];
        for (; !rows.IsEmpty; rows = rows[Elements..], destination = destination[Bytes..])
        {
            (float min, float max) = BlockLanes.Range<V>(rows[..Elements]);
            float d = (max - min) / Limit;
            BlockLanes.Quantize<V>(rows[..Elements], -min, d != 0 ? 1 / d : 0, 0.5f, highest: 127, quants);
            destination.WriteHalf(0, d);
            destination.WriteHalf(Minimum, min);
            Q5_0.PackFiveBits(quants, destination[High..]);
        }
    }

    private protected override void DecodeBlocks(ReadOnlySpan<byte> blocks, Span<float> destination)
    {
        Span<byte> quants = stackalloc byte[Elements];
        for (; !blocks.IsEmpty; blocks = blocks[Bytes..], destination = destination[Elements..])
        {
            float d = blocks.ReadHalf(0), m = blocks.ReadHalf(Minimum);
            Q5_0.UnpackFiveBits(blocks[High..Bytes], quants);
            for (int i = 0; i < Elements; i++)
                destination[i] = quants[i] * d + m;
        }
    }
}
