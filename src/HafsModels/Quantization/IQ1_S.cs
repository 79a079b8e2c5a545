using System.Buffers.Binary;
using HafsModels.Quantization.Search;
using HafsModels.Tensors;

namespace HafsModels.Quantization;

/// <summary>
/// Super-blocks of 8 sub-blocks of 32 elements, each with four points of <see cref="Grid.IQ1"/>: x ≈ d·(2·scale + 1)·(coordinate − 1 ± ⅛). Layout: d (F16),
/// low bytes of the 11-bit indices (32), then for each sub-block a uint16 with the upper three bits of its indices, a 3-bit scale and the sign of the shift.
/// </summary>
internal sealed class IQ1_S() : BlockFormat(GgmlType.IQ1_S)
{
    private const int Elements = 256, SubBlocks = 8, SubBlock = 32, Groups = 4, Bytes = 50, Quants = 2, High = 34;
    private const float Tiny = 1e-12f;

    public override bool NeedsImportance => true;

    private protected override void EncodeRow(ReadOnlySpan<float> row, ReadOnlySpan<float> importance, Span<byte> destination)
    {
        for (int i = 0; i < row.Length; i += Elements, destination = destination[Bytes..])
            EncodeBlock(row.Slice(i, Elements), importance.Slice(i, Elements), destination[..Bytes]);
    }

    private static void EncodeBlock(ReadOnlySpan<float> x, ReadOnlySpan<float> importance, Span<byte> block)
    {
        block.Clear();
        float doubledMeanSquare = 2 * Importance.SumOfSquares(x) / Elements;
        Span<float> scales = stackalloc float[SubBlocks], weights = stackalloc float[SubBlock];
        Span<byte> scaleQuants = stackalloc byte[SubBlocks];
        Span<int> high = stackalloc int[SubBlocks], indices = stackalloc int[Groups];
        high.Clear();
        for (int j = 0; j < SubBlocks; j++)
        {
            Range sub = new(j * SubBlock, (j + 1) * SubBlock);
            Importance.Weights(x[sub], importance[sub], doubledMeanSquare, weights);
            scales[j] = FindScale(x[sub], weights, indices, out bool isUp);
            if (scales[j] < 0)
            {
                scales[j] = 0;
                continue;
            }

            high[j] = isUp ? 0 : 0x8000;
            for (int group = 0; group < Groups; group++)
            {
                block[Quants + j * Groups + group] = (byte)indices[group];
                high[j] |= indices[group] >> 8 << 3 * group;
            }
        }

        // The shift is stored even where all scales are 0 only if one is not: ggml leaves d and the shifts 0 then.
        bool isNonzero = GridScales.Quantize(scales, 15, 7, scaleQuants, out float d);
        if (isNonzero)
            block.WriteHalf(0, d * 1.125f);
        for (int j = 0; j < SubBlocks; j++)
            BinaryPrimitives.WriteUInt16LittleEndian(block[(High + 2 * j)..], (ushort)(isNonzero ? high[j] | scaleQuants[j] << 12 : high[j] & 0x0FFF));
    }

    // Tries all splits with both shifts by sums over the sorted elements, then puts the groups on the grid. Returns −1 when the sub-block is zero.
    private static float FindScale(ReadOnlySpan<float> x, ReadOnlySpan<float> weights, Span<int> indices, out bool isUp)
    {
        isUp = true;
        float largest = MathF.Abs(x[0]);
        foreach (float value in x[1..])
            largest = largest > MathF.Abs(value) ? largest : MathF.Abs(value);
        if (largest < Tiny)
            return -1;

        Span<int> order = stackalloc int[SubBlock];
        TernarySplit.Sort(x, order);
        Span<float> sumX = stackalloc float[SubBlock + 1], sumW = stackalloc float[SubBlock + 1];
        sumX[0] = sumW[0] = 0;
        for (int j = 0; j < SubBlock; j++)
        {
            sumX[j + 1] = sumX[j] + weights[order[j]] * x[order[j]];
            sumW[j + 1] = sumW[j] + weights[order[j]];
        }

        float best = -float.MaxValue, scale = largest;
        int bestFirst = -1, bestSecond = -1;
        for (int first = 0; first <= SubBlock; first++)
        {
            for (int second = first; second <= SubBlock; second++)
            {
                for (int shift = 0; shift < 2; shift++)
                {
                    ReadOnlySpan<float> v = shift == 0 ? TernarySplit.Up : TernarySplit.Down;
                    float sumXQ = (sumX[first] - sumX[0]) * v[0] + (sumX[second] - sumX[first]) * v[1] + (sumX[SubBlock] - sumX[second]) * v[2];
                    float sumQQ = (sumW[first] - sumW[0]) * v[0] * v[0] + (sumW[second] - sumW[first]) * v[1] * v[1] + (sumW[SubBlock] - sumW[second]) * v[2] * v[2];
                    if (sumQQ > 0 && sumXQ * sumXQ > best * sumQQ)
                    {
                        scale = sumXQ / sumQQ;
                        best = scale * sumXQ;
                        (bestFirst, bestSecond, isUp) = (first, second, shift == 0);
                    }
                }
            }
        }

        if (bestFirst < 0)
        {
            isUp = true;
            return -1;
        }

        Span<byte> quants = stackalloc byte[SubBlock];
        bool isMirrored = scale < 0;
        TernarySplit.Assign(order, bestFirst, bestSecond, isMirrored, quants);
        if (isMirrored)
        {
            scale = -scale;
            isUp = !isUp;
        }

        ReadOnlySpan<float> values = isUp ? TernarySplit.Up : TernarySplit.Down;
        bool isOnGrid = true;
        for (int group = 0; group < Groups; group++)
        {
            Range eight = new(group * 8, group * 8 + 8);
            indices[group] = TernarySplit.Nearest(x[eight], weights[eight], scale, values, quants[eight], ref isOnGrid);
        }

        if (!isOnGrid)
        {
            float sumXQ = 0, sumQQ = 0;
            for (int i = 0; i < SubBlock; i++)
            {
                float q = values[Grid.IQ1[indices[i / 8]][i % 8]];
                sumXQ += weights[i] * q * x[i];
                sumQQ += weights[i] * q * q;
            }

            if (sumXQ > 0 && sumQQ > 0)
                scale = sumXQ / sumQQ;
        }

        return scale >= 0 ? scale : throw GridSearch.NotEncodable("its scale is not a number");
    }

    private protected override void DecodeBlocks(ReadOnlySpan<byte> blocks, Span<float> destination)
    {
        for (; !blocks.IsEmpty; blocks = blocks[Bytes..], destination = destination[Elements..])
        {
            float d = blocks.ReadHalf(0);
            for (int group = 0; group < SubBlocks * Groups; group++)
            {
                int high = BinaryPrimitives.ReadUInt16LittleEndian(blocks[(High + group / Groups * 2)..]);
                float unit = d * (2 * (high >> 12 & 7) + 1), shift = (high & 0x8000) != 0 ? -TernarySplit.Shift : TernarySplit.Shift;
                ReadOnlySpan<byte> point = Grid.IQ1[blocks[Quants + group] | (high >> 3 * (group % Groups) & 7) << 8];
                for (int i = 0; i < 8; i++)
                    destination[group * 8 + i] = unit * (point[i] - 1 + shift);
            }
        }
    }
}
