using System.Buffers.Binary;
using HafsModels.Quantization.Search;
using HafsModels.Tensors;

namespace HafsModels.Quantization;

/// <summary>
/// Super-blocks of 16 sub-blocks of 16 elements, each with two points of <see cref="Grid.IQ2_XS"/>: x ≈ ±d·(scale + ½)/4·value. Layout: d (F16), 32 × uint16
/// with a 9-bit index and seven signs (<see cref="SignedGroups"/>), 4-bit scales (8 bytes, the even sub-block's in the low half).
/// </summary>
internal sealed class IQ2_XS() : GridFormat<EightTernary>(GgmlType.IQ2_XS, Search, SubBlock, signBits: 7)
{
    private const int Elements = 256, SubBlocks = 16, SubBlock = 16, Groups = 2, Bytes = 74, Quants = 2, Scales = 66;

    private static readonly GridSearch Search = new(Grid.IQ2_XS, Steps: 9, StepSize: 0.1f, GridRefinement.GroupsOffGrid);

    public override bool NeedsImportance => true;

    private protected override void Weigh(ReadOnlySpan<float> x, ReadOnlySpan<float> importance, float sumOfSquares, Span<float> weights)
        => Importance.Weights(x, importance, sumOfSquares / Elements, weights);

    private protected override float Start(ReadOnlySpan<float> magnitudes, ReadOnlySpan<float> weights, Span<byte> quants, out float scale)
        => StartWithLargest(Grid.IQ2_XS, ScaleSearch.Tiny, magnitudes, quants, out scale);

    private protected override void Finish(ReadOnlySpan<float> scales, ReadOnlySpan<float> largest, ReadOnlySpan<ushort> indices, ReadOnlySpan<byte> signs, Span<byte> block)
    {
        Span<byte> scaleQuants = stackalloc byte[SubBlocks];
        if (!GridScales.Quantize(scales, 31, 15, scaleQuants, out float d))
            return;
        block.WriteHalf(0, d);
        for (int i = 0; i < indices.Length; i++)
            BinaryPrimitives.WriteUInt16LittleEndian(block[(Quants + 2 * i)..], (ushort)(indices[i] | signs[i] << 9));
        for (int j = 0; j < SubBlocks; j++)
            block[Scales + j / 2] |= (byte)(scaleQuants[j] << j % 2 * 4);
    }

    private protected override void DecodeBlocks(ReadOnlySpan<byte> blocks, Span<float> destination)
    {
        for (; !blocks.IsEmpty; blocks = blocks[Bytes..], destination = destination[Elements..])
        {
            float d = blocks.ReadHalf(0);
            for (int group = 0; group < SubBlocks * Groups; group++)
            {
                int j = group / Groups;
                float unit = d * (0.5f + (blocks[Scales + j / 2] >> j % 2 * 4 & 15)) * 0.25f;
                uint packed = BinaryPrimitives.ReadUInt16LittleEndian(blocks[(Quants + 2 * group)..]);
                SignedGroups.Decode(unit, Grid.IQ2_XS[(int)(packed & 511)], IQ2_XXS.Values, SignedGroups.CompleteEven(packed >> 9), destination[(group * 8)..]);
            }
        }
    }
}
