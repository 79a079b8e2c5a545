using HafsModels.Quantization.Search;
using HafsModels.Tensors;

namespace HafsModels.Quantization;

/// <summary>
/// Super-blocks of 16 sub-blocks of 16 elements, each with two points of <see cref="Grid.IQ2_S"/>: x ≈ ±d·(scale + ½)/4·value. Layout: d (F16), low bytes of
/// the 10-bit indices (32), signs (32 bytes), upper two bits of the indices (8 bytes, four indices each), 4-bit scales (8 bytes, the even sub-block's in the
/// low half).
/// </summary>
internal sealed class IQ2_S() : GridFormat<EightTernary>(GgmlType.IQ2_S, Search, SubBlock, signBits: 8)
{
    private const int Elements = 256, SubBlocks = 16, SubBlock = 16, Groups = 2, Bytes = 82, Quants = 2, Signs = 34, High = 66, Scales = 74;
    private const float Tiny = 1e-8f;

    private static readonly GridSearch Search = new(Grid.IQ2_S, Steps: 9, StepSize: 0.1f, GridRefinement.GroupsOffGrid);

    private protected override void Weigh(ReadOnlySpan<float> x, ReadOnlySpan<float> importance, float sumOfSquares, Span<float> weights)
    {
        float doubledMeanSquare = 2 * sumOfSquares / Elements;
        for (int i = 0; i < x.Length; i++)
            weights[i] = importance.IsEmpty ? 0.25f * doubledMeanSquare + x[i] * x[i] : importance[i] * MathF.Sqrt(doubledMeanSquare + x[i] * x[i]);
    }

    private protected override float Start(ReadOnlySpan<float> magnitudes, ReadOnlySpan<float> weights, Span<byte> quants, out float scale)
        => StartWithLargest(Grid.IQ2_S, Tiny, magnitudes, quants, out scale);

    // d is made a little smaller than the largest scale asks for: an empirical gain.
    private protected override void Finish(ReadOnlySpan<float> scales, ReadOnlySpan<float> largest, ReadOnlySpan<ushort> indices, ReadOnlySpan<byte> signs, Span<byte> block)
    {
        for (int i = 0; i < indices.Length; i++)
        {
            block[Quants + i] = (byte)indices[i];
            block[High + i / 4] |= (byte)(indices[i] >> 8 << 2 * (i % 4));
            block[Signs + i] = signs[i];
        }

        Span<byte> scaleQuants = stackalloc byte[SubBlocks];
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
