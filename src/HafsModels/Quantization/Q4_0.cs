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
        float meanSquare = importance.IsEmpty ? 0 : Importance.SumOfSquares(row) / row.Length;
        Span<byte> quants = stackalloc byte[Elements];
        for (int i = 0; i < row.Length; i += Elements, destination = destination[Bytes..])
        {
            ReadOnlySpan<float> x = row.Slice(i, Elements);
            float d = importance.IsEmpty ? Spread(x, quants) : Importance.Scale(x, importance.Slice(i, Elements), meanSquare, Limit, quants);
            destination.WriteHalf(0, d);
            BitPlanes.PackHalves(quants, destination[Quants..]);
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
}
