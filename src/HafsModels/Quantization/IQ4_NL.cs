using HafsModels.Tensors;

namespace HafsModels.Quantization;

/// <summary>
/// 32 elements x ≈ d·value(q), where q in [0, 15] picks one of <see cref="NonlinearFourBits.Values"/>. Layout: d (F16), q (16 bytes, <see cref="BitPlanes"/>).
/// </summary>
internal sealed class IQ4_NL() : BlockFormat(GgmlType.IQ4_NL)
{
    private const int Elements = NonlinearFourBits.SubBlock, Bytes = 18, Quants = 2;

    private protected override void EncodeRow(ReadOnlySpan<float> row, ReadOnlySpan<float> importance, Span<byte> destination)
    {
        for (int i = 0; i < row.Length; i += Elements, destination = destination[Bytes..])
            EncodeBlock(row.Slice(i, Elements), importance.IsEmpty ? default : importance.Slice(i, Elements), destination);
    }

    // The integers follow from the scale as the search left it, not as stored.
    private static void EncodeBlock(ReadOnlySpan<float> x, ReadOnlySpan<float> importance, Span<byte> block)
    {
        float d = NonlinearFourBits.FindScale(x, importance, Importance.SumOfSquares(x) * (2f / Elements));
        float inverse = d != 0 ? 1 / d : 0;
        Span<byte> quants = stackalloc byte[Elements];
        for (int i = 0; i < Elements; i++)
            quants[i] = (byte)NonlinearFourBits.Nearest(inverse * x[i]);
        block.WriteHalf(0, d);
        BitPlanes.PackHalves(quants, block[Quants..]);
    }

    private protected override void DecodeBlocks(ReadOnlySpan<byte> blocks, Span<float> destination)
    {
        Span<byte> quants = stackalloc byte[Elements];
        for (; !blocks.IsEmpty; blocks = blocks[Bytes..], destination = destination[Elements..])
        {
            float d = blocks.ReadHalf(0);
            BitPlanes.UnpackHalves(blocks[Quants..Bytes], quants);
            for (int i = 0; i < Elements; i++)
                destination[i] = d * NonlinearFourBits.Values[quants[i]];
        }
    }
}
