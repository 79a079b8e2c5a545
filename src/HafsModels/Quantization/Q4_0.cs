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
        if (importance.IsEmpty)
            SpreadBlocks<Block>.EncodeRow(row, destination);
        else
            WeightedBlocks<Block>.EncodeScales(row, importance, destination);
    }

    private protected override void EncodeLanes<V>(ReadOnlySpan<float> rows, int rowLength, ReadOnlySpan<float> importance, Span<byte> destination)
    {
        if (importance.IsEmpty)
            SpreadBlocks<Block>.EncodeLanes<V>(rows, destination);
        else
            WeightedBlocks<Block>.EncodeScales<V>(rows, rowLength, importance, destination);
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

    private readonly struct Block : IPlainBlock
    {
        public static int Bytes => Q4_0.Bytes;
        public static int Bits => 4;
        public static bool HasMinimum => false;

        public static void Store(float d, float m, ReadOnlySpan<byte> quants, Span<byte> block)
        {
            block.WriteHalf(0, d);
            BitPlanes.PackHalves(quants, block[Quants..]);
        }
    }
}
