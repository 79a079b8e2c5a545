using System.Buffers.Binary;
using HafsModels.Quantization.Search;
using HafsModels.Tensors;

namespace HafsModels.Quantization;

/// <summary>
/// Super-blocks of 8 sub-blocks of 32 elements, each with eight points of <see cref="Grid.IQ3_XXS"/>: x ≈ ±d·(scale + ½)/2·value. Layout: d (F16), indices
/// (64 × uint8), then for each sub-block a uint32 of four times seven signs (<see cref="SignedGroups"/>) and a 4-bit scale.
/// </summary>
internal sealed class IQ3_XXS() : GridFormat<FourOctal>(GgmlType.IQ3_XXS, Search, SubBlock, signBits: 7)
{
    private const int Elements = 256, SubBlocks = 8, SubBlock = 32, Groups = 8, SignGroups = 4, Bytes = 98, Quants = 2, SignsAndScales = 66;
    private const float Tiny = 1e-8f;

    private static readonly GridSearch Search = new(Grid.IQ3_XXS, Steps: 15, StepSize: 0.2f, GridRefinement.GroupsOffGrid);

    private static ReadOnlySpan<byte> Values => [4, 12, 20, 28, 36, 44, 52, 62];

    private protected override void Weigh(ReadOnlySpan<float> x, ReadOnlySpan<float> importance, float sumOfSquares, Span<float> weights)
        => Importance.WeightsOrSquares(x, importance, 2 * sumOfSquares / Elements, weights);

    private protected override float Start(ReadOnlySpan<float> magnitudes, ReadOnlySpan<float> weights, Span<byte> quants, out float scale)
        => StartWithLargest(Grid.IQ3_XXS, Tiny, magnitudes, quants, out scale);

    // d is made a little larger than the largest scale asks for: an empirical gain.
    private protected override void Finish(ReadOnlySpan<float> scales, ReadOnlySpan<float> largest, ReadOnlySpan<ushort> indices, ReadOnlySpan<byte> signs, Span<byte> block)
    {
        Span<byte> scaleQuants = stackalloc byte[SubBlocks];
        if (!GridScales.Quantize(scales, 31, 15, scaleQuants, out float d))
            return;
        block.WriteHalf(0, d * 1.0125f);
        for (int i = 0; i < indices.Length; i++)
            block[Quants + i] = (byte)indices[i];
        for (int j = 0; j < SubBlocks; j++)
        {
            uint signsAndScale = (uint)scaleQuants[j] << 28;
            for (int group = 0; group < SignGroups; group++)
                signsAndScale |= (uint)signs[j * SignGroups + group] << 7 * group;
            BinaryPrimitives.WriteUInt32LittleEndian(block[(SignsAndScales + j * 4)..], signsAndScale);
        }
    }

    private protected override void DecodeBlocks(ReadOnlySpan<byte> blocks, Span<float> destination)
    {
        for (; !blocks.IsEmpty; blocks = blocks[Bytes..], destination = destination[Elements..])
        {
            float d = blocks.ReadHalf(0);
            for (int group = 0; group < SubBlocks * Groups; group++)
            {
                uint signsAndScale = BinaryPrimitives.ReadUInt32LittleEndian(blocks[(SignsAndScales + group / Groups * 4)..]);
                float unit = d * (0.5f + (signsAndScale >> 28)) * 0.5f;
                int signs = SignedGroups.CompleteEven(signsAndScale >> 7 * (group % Groups / 2)) >> group % 2 * 4;
                SignedGroups.Decode(unit, Grid.IQ3_XXS[blocks[Quants + group]], Values, signs, destination[(group * 4)..]);
            }
        }
    }
}
