using System.Buffers.Binary;
using System.Runtime.Intrinsics;
using HafsModels.Tensors;

namespace HafsModels.Quantization;

/// <summary>
/// 32 elements x ≈ d·(q − 16) with q in [0, 31]. Layout: d (F16), the fifth bits of q (uint32, bit i for element i), the lower four (16 bytes,
/// <see cref="BitPlanes"/>).
/// </summary>
internal sealed class Q5_0() : BlockFormat(GgmlType.Q5_0)
{
    private const int Elements = 32, Bytes = 22, High = 2, Quants = 6, Limit = 16;

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

    /// <summary>Writes the fifth bits, then the lower four: 20 bytes for 32 elements.</summary>
    internal static void PackFiveBits(ReadOnlySpan<byte> quants, Span<byte> packed)
    {
        // The fifth bit moved to the top of its byte is what a mask is made of.
        Vector128<byte> lower = Vector128.Create(quants), upper = Vector128.Create(quants[(Elements / 2)..]), four = Vector128.Create((byte)15);
        uint high = (lower << 3).ExtractMostSignificantBits() | (upper << 3).ExtractMostSignificantBits() << Elements / 2;
        BinaryPrimitives.WriteUInt32LittleEndian(packed, high);
        (lower & four | (upper & four) << 4).CopyTo(packed[4..]);
    }

    /// <summary>Undoes <see cref="PackFiveBits"/>.</summary>
    internal static void UnpackFiveBits(ReadOnlySpan<byte> packed, Span<byte> quants)
    {
        uint high = BinaryPrimitives.ReadUInt32LittleEndian(packed);
        BitPlanes.UnpackHalves(packed[4..], quants);
        for (int i = 0; i < Elements; i++)
            quants[i] |= (byte)((high >> i & 1) << 4);
    }

    private protected override void DecodeBlocks(ReadOnlySpan<byte> blocks, Span<float> destination)
    {
        Span<byte> quants = stackalloc byte[Elements];
        for (; !blocks.IsEmpty; blocks = blocks[Bytes..], destination = destination[Elements..])
        {
            float d = blocks.ReadHalf(0);
            UnpackFiveBits(blocks[High..Bytes], quants);
            for (int i = 0; i < Elements; i++)
                destination[i] = (quants[i] - Limit) * d;
        }
    }

    private readonly struct Block : IPlainBlock
    {
        public static int Bytes => Q5_0.Bytes;
        public static int Bits => 5;
        public static bool HasMinimum => false;

        public static void Store(float d, float m, ReadOnlySpan<byte> quants, Span<byte> block)
        {
            block.WriteHalf(0, d);
            PackFiveBits(quants, block[High..]);
        }
    }
}
