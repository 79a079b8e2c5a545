using System.Buffers.Binary;
using HafsModels.Quantization.Search;
using HafsModels.Tensors;

namespace HafsModels.Quantization;

/// <summary>
/// Super-blocks of 16 sub-blocks of 16 elements, each with two points of <see cref="Grid.IQ2_XS"/>: x ≈ ±d·(scale + ½)/4·value. Layout: d (F16), 32 × uint16
/// with a 9-bit index and seven signs (<see cref="SignedGroups"/>), 4-bit scales (8 bytes, the even sub-block's in the low half).
/// </summary>
internal sealed class IQ2_XS() : BlockFormat(GgmlType.IQ2_XS)
{
    private const int Elements = 256, SubBlocks = 16, SubBlock = 16, Groups = 2, Bytes = 74, Quants = 2, Scales = 66;

    private static readonly GridSearch Search = new(Grid.IQ2_XS, Steps: 9, StepSize: 0.1f, GridRefinement.GroupsOffGrid);

    public override bool NeedsImportance => true;

    private protected override void EncodeRow(ReadOnlySpan<float> row, ReadOnlySpan<float> importance, Span<byte> destination)
    {
        for (int i = 0; i < row.Length; i += Elements, destination = destination[Bytes..])
            EncodeBlock(row.Slice(i, Elements), importance.Slice(i, Elements), destination[..Bytes]);
    }

    private static void EncodeBlock(ReadOnlySpan<float> x, ReadOnlySpan<float> importance, Span<byte> block)
    {
        block.Clear();
        float meanSquare = Importance.SumOfSquares(x) / Elements;
        Span<float> scales = stackalloc float[SubBlocks], weights = stackalloc float[SubBlock], magnitudes = stackalloc float[SubBlock];
        Span<byte> quants = stackalloc byte[SubBlock], signs = stackalloc byte[Groups], scaleQuants = stackalloc byte[SubBlocks];
        for (int j = 0; j < SubBlocks; j++)
        {
            Range sub = new(j * SubBlock, (j + 1) * SubBlock);
            scales[j] = 0;
            Importance.Weights(x[sub], importance[sub], meanSquare, weights);
            SignedGroups.SplitEven(x[sub], weights, magnitudes, signs);
            float largest = SignedGroups.Largest(magnitudes);
            if (largest < ScaleSearch.Tiny)
                continue;
            quants.Clear();
            float scale = largest / (2 * Grid.IQ2_XS.Levels - 1);
            Search.Find(magnitudes, weights, largest, ref scale, quants);
            scales[j] = GridScales.MakePositive(scale, signs, 127);
            for (int group = 0; group < Groups; group++)
            {
                int index = GridScales.IndexOf(Grid.IQ2_XS, quants, group);
                BinaryPrimitives.WriteUInt16LittleEndian(block[(Quants + 2 * (j * Groups + group))..], (ushort)(index | signs[group] << 9));
            }
        }

        if (!GridScales.Quantize(scales, 31, 15, scaleQuants, out float d))
        {
            block.Clear();
            return;
        }

        block.WriteHalf(0, d);
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
