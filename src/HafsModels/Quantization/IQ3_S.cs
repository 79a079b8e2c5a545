using HafsModels.Quantization.Search;
using HafsModels.Tensors;

namespace HafsModels.Quantization;

/// <summary>
/// Super-blocks of 8 sub-blocks of 32 elements, each with eight points of <see cref="Grid.IQ3_S"/>: x ≈ ±d·(2·scale + 1)·value. Layout: d (F16), low bytes
/// of the 9-bit indices (64), their ninth bits (8 bytes, one for each sub-block), signs (32 bytes), 4-bit scales (4 bytes, the even sub-block's in the low
/// half).
/// </summary>
internal sealed class IQ3_S() : BlockFormat(GgmlType.IQ3_S)
{
    private const int Elements = 256, SubBlocks = 8, SubBlock = 32, Groups = 8, SignGroups = 4, Bytes = 110, Quants = 2, High = 66, Signs = 74, Scales = 106;

    private static readonly GridSearch Search = new(Grid.IQ3_S, Steps: 9, StepSize: 0.2f, GridRefinement.AllIfAnyOffGrid);

    private static ReadOnlySpan<byte> Values => [1, 3, 5, 7, 9, 11, 13, 15];

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

        // ggml does not step over the indices and signs of an empty sub-block, so those after it move forward. Their values no longer
        // fit the decoder, which is ggml's fault to keep.
        int written = 0;
        for (int j = 0; j < SubBlocks; j++)
        {
            ReadOnlySpan<float> sub = x.Slice(j * SubBlock, SubBlock);
            scales[j] = 0;
            Importance.WeightsOrSquares(sub, importance.IsEmpty ? default : importance.Slice(j * SubBlock, SubBlock), doubledMeanSquare, weights);
            SignedGroups.Split(sub, magnitudes, signs);
            float largest = SignedGroups.Largest(magnitudes);
            if (largest == 0)
                continue;
            quants.Clear();
            float scale = largest / (2 * Grid.IQ3_S.Levels - 1);
            Search.Find(magnitudes, weights, largest, ref scale, quants);
            scales[j] = GridScales.MakePositive(scale, signs, 255);
            for (int group = 0; group < Groups; group++)
            {
                int index = GridScales.IndexOf(Grid.IQ3_S, quants, group);
                block[Quants + written * Groups + group] = (byte)index;
                block[High + j] |= (byte)(index >> 8 << group);
            }

            signs.CopyTo(block[(Signs + written * SignGroups)..]);
            written++;
        }

        // d is made a little larger than the largest scale asks for: an empirical gain.
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
