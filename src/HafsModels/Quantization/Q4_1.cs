using HafsModels.Quantization.Search;
using HafsModels.Tensors;

namespace HafsModels.Quantization;

/// <summary>
/// 32 elements x ≈ d·q + m with q in [0, 15]. Layout: d (F16), m (F16), q (16 bytes, <see cref="BitPlanes"/>).
/// </summary>
internal sealed class Q4_1() : BlockFormat(GgmlType.Q4_1)
{
    private const int Elements = 32, Bytes = 20, Minimum = 2, Quants = 4;

    private protected override void EncodeRow(ReadOnlySpan<float> row, ReadOnlySpan<float> importance, Span<byte> destination)
    {
        if (importance.IsEmpty)
            RangeBlocks<Block>.EncodeRow(row, destination);
        else
            WeightedBlocks<Block>.EncodeScalesAndMinima<WeightedFourBits>(row, importance, destination);
    }

    private protected override void EncodeLanes<V>(ReadOnlySpan<float> rows, int rowLength, ReadOnlySpan<float> importance, Span<byte> destination)
    {
        if (importance.IsEmpty)
            RangeBlocks<Block>.EncodeLanes<V>(rows, destination);
        else
            WeightedBlocks<Block>.EncodeScalesAndMinima<V, WeightedFourBits>(rows, rowLength, importance, destination);
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

    private readonly struct Block : IPlainBlock
    {
        public static int Bytes => Q4_1.Bytes;
        public static int Bits => 4;
        public static bool HasMinimum => true;

        public static void Store(float d, float m, ReadOnlySpan<byte> quants, Span<byte> block)
        {
            block.WriteHalf(0, d);
            block.WriteHalf(Minimum, m);
            BitPlanes.PackHalves(quants, block[Quants..]);
        }
    }
}
