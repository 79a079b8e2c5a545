using System.Buffers.Binary;
using HafsModels.Quantization.Search;
using HafsModels.Tensors;

namespace HafsModels.Quantization;

/// <summary>
/// Super-blocks of 8 sub-blocks of 32 elements, each with eight points of <see cref="Grid.IQ3_XXS"/>: x ≈ ±d·(scale + ½)/2·value. Layout: d (F16), indices
/// (64 × uint8), then for each sub-block a uint32 of four times seven signs (<see cref="SignedGroups"/>) and a 4-bit scale.
/// </summary>
internal sealed class IQ3_XXS() : BlockFormat(GgmlType.IQ3_XXS)
{
    private const int Elements = 256, SubBlocks = 8, SubBlock = 32, Groups = 8, SignGroups = 4, Bytes = 98, Quants = 2, SignsAndScales = 66;
    private const float Tiny = 1e-8f;

    private static readonly GridSearch Search = new(Grid.IQ3_XXS, Steps: 15, StepSize: 0.2f, GridRefinement.GroupsOffGrid);

    private static ReadOnlySpan<byte> Values => [4, 12, 20, 28, 36, 44, 52, 62];

    private protected override void EncodeRow(ReadOnlySpan<float> row, ReadOnlySpan<float> importance, Span<byte> destination)
    {
        for (int i = 0; i < row.Length; i += Elements, destination = destination[Bytes..])
            EncodeBlock(row.Slice(i, Elements), importance.IsEmpty ? default : importance.Slice(i, Elements), destination[..Bytes]);
    }

    private static void EncodeBlock(ReadOnlySpan<float> x, ReadOnlySpan<float> importance, Span<byte> block)
    {
        block.Clear();
        float doubledMeanSquare = 2 * Importance.SumOfSquares(x) / Elements;
        Span<float> scales = stackalloc float[SubBlocks], weights = stackalloc float[SubBlock], magnitudes = stackalloc float[SubBlock];
        Span<byte> quants = stackalloc byte[SubBlock], signs = stackalloc byte[SignGroups], scaleQuants = stackalloc byte[SubBlocks];
        Span<uint> signsAndScale = stackalloc uint[SubBlocks];
        for (int j = 0; j < SubBlocks; j++)
        {
            ReadOnlySpan<float> sub = x.Slice(j * SubBlock, SubBlock);
            signsAndScale[j] = 0;
            scales[j] = 0;
            Importance.WeightsOrSquares(sub, importance.IsEmpty ? default : importance.Slice(j * SubBlock, SubBlock), doubledMeanSquare, weights);
            SignedGroups.SplitEven(sub, weights, magnitudes, signs);
            float largest = SignedGroups.Largest(magnitudes);
            if (largest < Tiny)
                continue;
            quants.Clear();
            float scale = largest / (2 * Grid.IQ3_XXS.Levels - 1);
            Search.Find(magnitudes, weights, largest, ref scale, quants);
            scales[j] = GridScales.MakePositive(scale, signs, 127);
            for (int group = 0; group < Groups; group++)
                block[Quants + j * Groups + group] = (byte)GridScales.IndexOf(Grid.IQ3_XXS, quants, group);
            for (int group = 0; group < SignGroups; group++)
                signsAndScale[j] |= (uint)signs[group] << 7 * group;
        }

        if (!GridScales.Quantize(scales, 31, 15, scaleQuants, out float d))
        {
            block.Clear();
            return;
        }

        // d is made a little larger than the largest scale asks for: an empirical gain.
        block.WriteHalf(0, d * 1.0125f);
        for (int j = 0; j < SubBlocks; j++)
            BinaryPrimitives.WriteUInt32LittleEndian(block[(SignsAndScales + j * 4)..], signsAndScale[j] | (uint)scaleQuants[j] << 28);
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
