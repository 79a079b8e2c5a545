using HafsModels.Quantization.Lanes;
using HafsModels.Quantization.Search;
using HafsModels.Tensors;

namespace HafsModels.Quantization;

/// <summary>
/// Super-blocks of 8 sub-blocks of 32 elements: x ≈ d·scale·q − dmin·offset with q in [0, 31] and 6-bit scale and offset for each sub-block.
/// Layout: d (F16), dmin (F16), scales and offsets (<see cref="SixBitPairs"/>, 12 bytes), the fifth bits of q (32 bytes: byte i holds those of the
/// elements i of the eight sub-blocks), the lower four (128 bytes: 32 for each pair of sub-blocks, the even one in the low, the odd one in the high halves).
/// </summary>
internal sealed class Q5_K() : BlockFormat(GgmlType.Q5_K)
{
    private const int Elements = 256, SubBlocks = 8, SubBlock = 32, Limit = 31;
    private const int Bytes = 176, Offset = 2, Scales = 4, High = 16, Quants = 48;

    private protected override void EncodeRow(ReadOnlySpan<float> row, ReadOnlySpan<float> importance, Span<byte> destination)
        => OffsetSuperBlocks<Block, Plain, WeightedFiveBits>.EncodeRow(row, importance, destination);

    private protected override void EncodeLanes<V>(ReadOnlySpan<float> rows, int rowLength, ReadOnlySpan<float> importance, Span<byte> destination)
        => OffsetSuperBlocks<Block, Plain, WeightedFiveBits>.EncodeLanes<V>(rows, rowLength, importance, destination);

    private protected override void DecodeBlocks(ReadOnlySpan<byte> blocks, Span<float> destination)
    {
        Span<byte> scales = stackalloc byte[SubBlocks], offsets = stackalloc byte[SubBlocks], quants = stackalloc byte[Elements];
        for (; !blocks.IsEmpty; blocks = blocks[Bytes..], destination = destination[Elements..])
        {
            float d = blocks.ReadHalf(0), dmin = blocks.ReadHalf(Offset);
            SixBitPairs.Unpack(blocks[Scales..], scales, offsets);
            for (int pair = 0; pair < SubBlocks / 2; pair++)
                BitPlanes.UnpackHalves(blocks.Slice(Quants + pair * SubBlock, SubBlock), quants.Slice(pair * 2 * SubBlock, 2 * SubBlock));
            BitPlanes.AddBits(blocks.Slice(High, SubBlock), 4, quants);
            for (int i = 0; i < Elements; i++)
                destination[i] = d * scales[i / SubBlock] * quants[i] - dmin * offsets[i / SubBlock];
        }
    }

    private readonly struct Block : IOffsetSuperBlock
    {
        public static int Bytes => Q5_K.Bytes;
        public static int ScaleLimit => SixBitPairs.Limit;
        public static float MeanSquareFactor => 2;

        public static float QuantizeToLargest(ReadOnlySpan<float> values, Span<byte> quants) => SixBitPairs.QuantizeToLargest(values, quants);

        public static void StoreScales(ref float d, Span<byte> scaleQuants, ref float dmin, Span<byte> offsetQuants, Span<byte> block)
        {
            d = block.WriteHalf(0, d);
            dmin = block.WriteHalf(Offset, dmin);
            SixBitPairs.Pack(scaleQuants, offsetQuants, block[Scales..]);
        }

        public static void StoreQuants(Span<byte> quants, Span<byte> block)
        {
            BitPlanes.TakeBits(quants, 4, block.Slice(High, SubBlock));
            for (int pair = 0; pair < SubBlocks / 2; pair++)
                BitPlanes.PackHalves(quants.Slice(pair * 2 * SubBlock, 2 * SubBlock), block.Slice(Quants + pair * SubBlock, SubBlock));
        }
    }

    // The search without an importance matrix: sixteen candidates; an error at x costs the root mean square of the sub-block plus |x|.
    private readonly struct Plain : IScaleMinRule
    {
        public static int Length => SubBlock;
        public static int Limit => Q5_K.Limit;
        public static float FirstOffset => -0.5f;
        public static float OffsetStep => 0.1f;
        public static int LastStep => 15;

        public static void Weigh(ReadOnlySpan<float> x, Span<float> weights) => MagnitudeWeights.Weigh(x, weights);

        public static unsafe void Weigh<V>(float* rows, int stride)
            where V : struct, ILanes<V>
            => MagnitudeWeights.Weigh<V>(rows, stride);
    }
}
