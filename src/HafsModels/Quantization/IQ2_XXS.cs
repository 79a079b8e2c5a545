using System.Buffers.Binary;
using HafsModels.Quantization.Search;
using HafsModels.Tensors;

namespace HafsModels.Quantization;

/// <summary>
/// Super-blocks of 8 sub-blocks of 32 elements, each with four points of <see cref="Grid.IQ2_XXS"/>: x ≈ ±d·(scale + ½)/4·value. Layout: d (F16), then for
/// each sub-block four indices (4 × uint8) and a uint32 of four times seven signs (<see cref="SignedGroups"/>) and a 4-bit scale.
/// </summary>
internal sealed class IQ2_XXS() : BlockFormat(GgmlType.IQ2_XXS)
{
    private const int Elements = 256, SubBlocks = 8, SubBlock = 32, Groups = 4, Bytes = 66, Quants = 2;

    private static readonly GridSearch Search = new(Grid.IQ2_XXS, Steps: 6, StepSize: 0.1f, GridRefinement.Always);

    /// <summary>What the coordinates of two-bit grids stand for when decoded, in eighths.</summary>
    internal static ReadOnlySpan<byte> Values => [8, 25, 43];

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
        Span<byte> quants = stackalloc byte[SubBlock], signs = stackalloc byte[Groups];
        Span<uint> signsAndScale = stackalloc uint[SubBlocks];
        for (int j = 0; j < SubBlocks; j++)
        {
            Range sub = new(j * SubBlock, (j + 1) * SubBlock);
            signsAndScale[j] = 0;
            scales[j] = 0;
            Importance.Weights(x[sub], importance[sub], meanSquare, weights);
            SignedGroups.SplitEven(x[sub], weights, magnitudes, signs);
            if (SignedGroups.Largest(magnitudes) < ScaleSearch.Tiny)
                continue;

            // A scale of plain integers sets the range of the candidates.
            float scale = PositiveScaleSearch.Find(magnitudes, weights, Grid.IQ2_XXS.Levels + 1, quants);
            float largest = scale * Grid.IQ2_XXS.Levels;
            if (largest <= 0)
                continue;
            Search.Find(magnitudes, weights, largest, ref scale, quants);
            scales[j] = GridScales.MakePositive(scale, signs, 127);
            for (int group = 0; group < Groups; group++)
            {
                block[Quants + j * 8 + group] = (byte)GridScales.IndexOf(Grid.IQ2_XXS, quants, group);
                signsAndScale[j] |= (uint)signs[group] << 7 * group;
            }
        }

        Span<byte> scaleQuants = stackalloc byte[SubBlocks];
        if (!GridScales.Quantize(scales, 31, 15, scaleQuants, out float d))
        {
            block.Clear();
            return;
        }

        block.WriteHalf(0, d);
        for (int j = 0; j < SubBlocks; j++)
            BinaryPrimitives.WriteUInt32LittleEndian(block[(Quants + j * 8 + 4)..], signsAndScale[j] | (uint)scaleQuants[j] << 28);
    }

    private protected override void DecodeBlocks(ReadOnlySpan<byte> blocks, Span<float> destination)
    {
        for (; !blocks.IsEmpty; blocks = blocks[Bytes..], destination = destination[Elements..])
        {
            float d = blocks.ReadHalf(0);
            for (int j = 0; j < SubBlocks; j++)
            {
                ReadOnlySpan<byte> sub = blocks.Slice(Quants + j * 8, 8);
                uint signsAndScale = BinaryPrimitives.ReadUInt32LittleEndian(sub[4..]);
                float unit = d * (0.5f + (signsAndScale >> 28)) * 0.25f;
                for (int group = 0; group < Groups; group++)
                    SignedGroups.Decode(unit, Grid.IQ2_XXS[sub[group]], Values, SignedGroups.CompleteEven(signsAndScale >> 7 * group), destination[(j * SubBlock + group * 8)..]);
            }
        }
    }
}
