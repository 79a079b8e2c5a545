using HafsModels.Quantization.Lanes;
using HafsModels.Quantization.Search;
using HafsModels.Tensors;

namespace HafsModels.Quantization;

/// <summary>
/// 32 elements x ≈ d·q + m with q in [0, 15]. Layout: d (F16), m (F16), q (16 bytes, <see cref="BitPlanes"/>).
/// </summary>
internal sealed class Q4_1() : BlockFormat(GgmlType.Q4_1)
{
    private const int Elements = 32, Bytes = 20, Minimum = 2, Quants = 4, Limit = 15;

    private protected override void EncodeRow(ReadOnlySpan<float> row, ReadOnlySpan<float> importance, Span<byte> destination)
    {
        float meanSquare = importance.IsEmpty ? 0 : Importance.SumOfSquares(row) / row.Length;
        Span<byte> quants = stackalloc byte[Elements];
        for (int i = 0; i < row.Length; i += Elements, destination = destination[Bytes..])
        {
            ReadOnlySpan<float> x = row.Slice(i, Elements);
            (float d, float m) = importance.IsEmpty ? Spread(x, quants) : Importance.ScaleAndMinimum<WeightedFourBits>(x, importance.Slice(i, Elements), meanSquare, quants);
            destination.WriteHalf(0, d);
            destination.WriteHalf(Minimum, m);
            BitPlanes.PackHalves(quants, destination[Quants..]);
        }
    }

    // The range is spread over 0 … 15; + 0.5 and truncation round, by way of an int8.
    private static (float D, float M) Spread(ReadOnlySpan<float> x, Span<byte> quants)
    {
        (float min, float max) = Range(x);
        float d = (max - min) / Limit, inverse = d != 0 ? 1 / d : 0;
        for (int i = 0; i < Elements; i++)
            quants[i] = (byte)Math.Min(Limit, (int)(sbyte)Rounding.Truncate((x[i] - min) * inverse + 0.5f));
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
            BlockLanes.Quantize<V>(rows[..Elements], -min, d != 0 ? 1 / d : 0, 0.5f, Limit, quants);
            destination.WriteHalf(0, d);
            destination.WriteHalf(Minimum, min);
            BitPlanes.PackHalves(quants, destination[Quants..]);
        }
    }

    /// <summary>Least and greatest element; NaN counts for nothing.</summary>
    internal static (float Min, float Max) Range(ReadOnlySpan<float> x)
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

    private protected override void DecodeBlocks(ReadOnlySpan<byte> blocks, Span<float> destination)
    {
        Span<byte> quants = stackalloc byte[Elements];
        for (; !blocks.IsEmpty; blocks = blocks[Bytes..], destination = destination[Elements..])
        {
            float d = blocks.ReadHalf(0), m = blocks.ReadHalf(Minimum);
            BitPlanes.UnpackHalves(blocks[Quants..Bytes], quants);
            for (int i = 0; i < Elements; i++)
                destination[i] = quants[i] * d + m;
        }
    }
}
