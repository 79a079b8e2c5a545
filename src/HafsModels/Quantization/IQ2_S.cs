using HafsModels.Quantization.Search;
using HafsModels.Tensors;

namespace HafsModels.Quantization;

/// <summary>
/// Super-blocks of 16 sub-blocks of 16 elements, each with two points of <see cref="Grid.IQ2_S"/>: x ≈ ±d·(scale + ½)/4·value. Layout: d (F16), low bytes of
/// the 10-bit indices (32), signs (32 bytes), upper two bits of the indices (8 bytes, four indices each), 4-bit scales (8 bytes, the even sub-block's in the
/// low half).
/// </summary>
internal sealed class IQ2_S() : BlockFormat(GgmlType.IQ2_S)
{
    private const int Elements = 256, SubBlocks = 16, SubBlock = 16, Groups = 2, Bytes = 82, Quants = 2, Signs = 34, High = 66, Scales = 74;
    private const float Tiny = 1e-8f;

    private static readonly GridSearch Search = new(Grid.IQ2_S, Steps: 9, StepSize: 0.1f, GridRefinement.GroupsOffGrid);

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
        Span<byte> quants = stackalloc byte[SubBlock], signs = stackalloc byte[Groups], scaleQuants = stackalloc byte[SubBlocks];
        for (int j = 0; j < SubBlocks; j++)
        {
            ReadOnlySpan<float> sub = x.Slice(j * SubBlock, SubBlock);
            scales[j] = 0;
            for (int i = 0; i < SubBlock; i++)
                weights[i] = importance.IsEmpty ? 0.25f * doubledMeanSquare + sub[i] * sub[i] : importance[j * SubBlock + i] * MathF.Sqrt(doubledMeanSquare + sub[i] * sub[i]);
            SignedGroups.Split(sub, magnitudes, signs);
            float largest = SignedGroups.Largest(magnitudes);
            if (largest < Tiny)
                continue;
            quants.Clear();
            float scale = largest / (2 * Grid.IQ2_S.Levels - 1);
            Search.Find(magnitudes, weights, largest, ref scale, quants);
            scales[j] = GridScales.MakePositive(scale, signs, 255);
            for (int group = 0; group < Groups; group++)
            {
                int index = GridScales.IndexOf(Grid.IQ2_S, quants, group), i = j * Groups + group;
                block[Quants + i] = (byte)index;
                block[High + i / 4] |= (byte)(index >> 8 << 2 * (i % 4));
                block[Signs + i] = signs[group];
            }
        }

        // d is made a little smaller than the largest scale asks for: an empirical gain.
        if (!GridScales.Quantize(scales, 31, 15, scaleQuants, out float d))
            return;
        block.WriteHalf(0, d * 0.9875f);
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
                int index = blocks[Quants + group] | (blocks[High + group / 4] >> 2 * (group % 4) & 3) << 8;
                SignedGroups.Decode(unit, Grid.IQ2_S[index], IQ2_XXS.Values, blocks[Signs + group], destination[(group * 8)..]);
            }
        }
    }
}
