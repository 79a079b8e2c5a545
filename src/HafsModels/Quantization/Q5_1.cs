using HafsModels.Quantization.Search;
using HafsModels.Tensors;

namespace HafsModels.Quantization;

/// <summary>
/// 32 elements x ≈ d·q + m with q in [0, 31]. Layout: d (F16), m (F16), the fifth bits of q (uint32, bit i for element i), the lower four (16 bytes,
/// <see cref="BitPlanes"/>).
/// </summary>
internal sealed class Q5_1() : BlockFormat(GgmlType.Q5_1)
{
    private const int Elements = 32, Bytes = 24, Minimum = 2, High = 4;

    private protected override void EncodeRow(ReadOnlySpan<float> row, ReadOnlySpan<float> importance, Span<byte> destination)
    {
        if (importance.IsEmpty)
            RangeBlocks<Block>.EncodeRow(row, destination);
        else
            WeightedBlocks<Block>.EncodeScalesAndMinima<WeightedFiveBits>(row, importance, destination);
    }

    private protected override void EncodeLanes<V>(ReadOnlySpan<float> rows, int rowLength, ReadOnlySpan<float> importance, Span<byte> destination)
    {
        if (importance.IsEmpty)
            RangeBlocks<Block>.EncodeLanes<V>(rows, destination);
        else
            WeightedBlocks<Block>.EncodeScalesAndMinima<V, WeightedFiveBits>(rows, rowLength, importance, destination);
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

    private readonly struct Block : IPlainBlock
    {
        public static int Bytes => Q5_1.Bytes;
        public static int Bits => 5;
        public static bool HasMinimum => true;

        public static void Store(float d, float m, ReadOnlySpan<byte> quants, Span<byte> block)
        {
            block.WriteHalf(0, d);
            block.WriteHalf(Minimum, m);
            Q5_0.PackFiveBits(quants, block[High..]);
        }
    }
}
