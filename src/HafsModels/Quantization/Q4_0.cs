using HafsModels.Quantization.Search;
using HafsModels.Tensors;

namespace HafsModels.Quantization;

/// <summary>
/// 32 elements x ≈ d·(q − 8) with q in [0, 15]. Layout: d (F16), 16 bytes with element i in the low and element i + 16 in the high half of byte i.
/// </summary>
internal sealed class Q4_0() : BlockFormat(GgmlType.Q4_0)
{
    private const int Elements = 32, Half = Elements / 2, Bytes = 18, Quants = 2;

    private protected override void EncodeRow(ReadOnlySpan<float> row, ReadOnlySpan<float> importance, Span<byte> destination)
    {
        float meanSquare = importance.IsEmpty ? 0 : Importance.SumOfSquares(row) / row.Length;
        for (int i = 0; i < row.Length; i += Elements, destination = destination[Bytes..])
        {
            if (importance.IsEmpty)
                EncodeBlock(row.Slice(i, Elements), destination);
            else
                EncodeBlock(row.Slice(i, Elements), importance.Slice(i, Elements), meanSquare, destination);
        }
    }

    // The element of largest magnitude becomes q = 0, whichever its sign, so d has the opposite sign.
    private static void EncodeBlock(ReadOnlySpan<float> x, Span<byte> block)
    {
        float d = ScaleSearch.Extreme(x) / -8, inverse = d != 0 ? 1 / d : 0;
        block.WriteHalf(0, d);
        Span<byte> quants = stackalloc byte[Elements];
        for (int i = 0; i < Elements; i++)
            quants[i] = (byte)Math.Min(15, (int)(sbyte)Rounding.Truncate(x[i] * inverse + 8.5f));
        Pack(quants, block);
    }

    private static void EncodeBlock(ReadOnlySpan<float> x, ReadOnlySpan<float> importance, float meanSquare, Span<byte> block)
    {
        Span<float> weights = stackalloc float[Elements];
        Importance.Weights(x, importance, meanSquare, weights);
        Span<byte> quants = stackalloc byte[Elements];
        block.WriteHalf(0, ScaleSearch.Find(x, weights, 8, quants));
        Pack(quants, block);
    }

    private static void Pack(ReadOnlySpan<byte> quants, Span<byte> block)
    {
        for (int i = 0; i < Half; i++)
            block[Quants + i] = (byte)(quants[i] | quants[i + Half] << 4);
    }

    private protected override void DecodeBlocks(ReadOnlySpan<byte> blocks, Span<float> destination)
    {
        for (; !blocks.IsEmpty; blocks = blocks[Bytes..], destination = destination[Elements..])
        {
            float d = blocks.ReadHalf(0);
            for (int i = 0; i < Half; i++)
            {
                destination[i] = ((blocks[Quants + i] & 15) - 8) * d;
                destination[i + Half] = ((blocks[Quants + i] >> 4) - 8) * d;
            }
        }
    }
}
