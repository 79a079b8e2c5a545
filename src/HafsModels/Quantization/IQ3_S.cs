using HafsModels.Quantization.Search;
using HafsModels.Tensors;

namespace HafsModels.Quantization;

/// <summary>
/// Super-blocks of 8 sub-blocks of 32 elements, each with eight points of <see cref="Grid.IQ3_S"/>: x ≈ ±d·(2·scale + 1)·value. Layout: d (F16), low bytes
/// of the 9-bit indices (64), their ninth bits (8 bytes, one for each sub-block), signs (32 bytes), 4-bit scales (4 bytes, the even sub-block's in the low
/// half).
/// </summary>
internal sealed class IQ3_S() : GridFormat<FourOctal>(GgmlType.IQ3_S, Search, SubBlock, signBits: 8)
{
    private const int Elements = 256, SubBlocks = 8, SubBlock = 32, Groups = 8, SignGroups = 4, Bytes = 110, Quants = 2, High = 66, Signs = 74, Scales = 106;

    private static readonly GridSearch Search = new(Grid.IQ3_S, Steps: 9, StepSize: 0.2f, GridRefinement.AllIfAnyOffGrid);

    private static ReadOnlySpan<byte> Values => [1, 3, 5, 7, 9, 11, 13, 15];

    private protected override void Weigh(ReadOnlySpan<float> x, ReadOnlySpan<float> importance, float sumOfSquares, Span<float> weights)
        => Importance.WeightsOrSquares(x, importance, 2 * sumOfSquares / Elements, weights);

    private protected override float Start(ReadOnlySpan<float> magnitudes, ReadOnlySpan<float> weights, Span<byte> quants, out float scale)
        => StartWithLargest(Grid.IQ3_S, tiny: 0, magnitudes, quants, out scale);

    // d is made a little larger than the largest scale asks for: an empirical gain.
    private protected override void Finish(ReadOnlySpan<float> scales, ReadOnlySpan<float> largest, ReadOnlySpan<ushort> indices, ReadOnlySpan<byte> signs, Span<byte> block)
    {
        // ggml does not step over the indices and signs of an empty sub-block, so those after it move forward. Their values no longer
        // fit the decoder, which is ggml's fault to keep.
        int written = 0;
        for (int j = 0; j < SubBlocks; j++)
        {
            if (largest[j] == 0)
                continue;
            for (int group = 0; group < Groups; group++)
            {
                int index = indices[j * Groups + group];
                block[Quants + written * Groups + group] = (byte)index;
                block[High + j] |= (byte)(index >> 8 << group);
            }

            signs.Slice(j * SignGroups, SignGroups).CopyTo(block[(Signs + written * SignGroups)..]);
            written++;
        }

        Span<byte> scaleQuants = stackalloc byte[SubBlocks];
        if (!GridScales.Quantize(scales, 31, 15, scaleQuants, out float d))
            return;
        block.WriteHalf(0, d * 1.033f);
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
                float unit = d * (1 + 2 * (blocks[Scales + j / 2] >> j % 2 * 4 & 15));
                int index = blocks[Quants + group] | (blocks[High + j] >> group % Groups & 1) << 8;
                SignedGroups.Decode(unit, Grid.IQ3_S[index], Values, blocks[Signs + group / 2] >> group % 2 * 4, destination[(group * 4)..]);
            }
        }
    }
}
