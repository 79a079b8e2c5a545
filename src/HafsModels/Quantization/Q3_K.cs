using HafsModels.Quantization.Search;
using HafsModels.Tensors;

namespace HafsModels.Quantization;

/// <summary>
/// Super-blocks of 16 sub-blocks of 16 elements: x ≈ d·(scale − 32)·(q − 4) with q in [0, 7] and a 6-bit scale for each sub-block.
/// Layout: third bits of q (32 bytes) and lower two (64 bytes: 32 for each half of 128 elements), both by planes (<see cref="BitPlanes"/>); scales
/// (12 bytes: bytes 0–7 hold the low four bits of scales 0–7 and 8–15, bytes 8–11 the upper two of scales j, j + 4, j + 8, j + 12); d (F16).
/// </summary>
internal sealed class Q3_K() : BlockFormat(GgmlType.Q3_K)
{
    private const int Elements = 256, SubBlocks = 16, SubBlock = 16, Limit = 4, ScaleLimit = 32;
    private const int Bytes = 110, Quants = 32, Scales = 96, Scale = 108;

    private protected override void EncodeRow(ReadOnlySpan<float> row, ReadOnlySpan<float> importance, Span<byte> destination)
    {
        for (int i = 0; i < row.Length; i += Elements, destination = destination[Bytes..])
            EncodeBlock(row.Slice(i, Elements), importance.IsEmpty ? default : importance.Slice(i, Elements), destination[..Bytes]);
    }

    private static void EncodeBlock(ReadOnlySpan<float> x, ReadOnlySpan<float> importance, Span<byte> block)
    {
        Span<byte> quants = stackalloc byte[Elements];
        Span<float> scales = stackalloc float[SubBlocks], sumWeights = stackalloc float[SubBlocks];
        Span<float> weights = stackalloc float[SubBlock];
        float doubledMeanSquare = importance.IsEmpty ? 0 : 2 * Importance.SumOfSquares(x) / Elements;
        for (int j = 0; j < SubBlocks; j++)
        {
            Range sub = new(j * SubBlock, (j + 1) * SubBlock);
            if (importance.IsEmpty)
            {
                scales[j] = ScaleDescent.Find(x[sub], Limit, quants[sub]);
            }
            else
            {
                Importance.Weights(x[sub], importance[sub], doubledMeanSquare, weights);
                sumWeights[j] = Importance.Sum(weights);
                scales[j] = ScaleSearch.Find(x[sub], weights, Limit, quants[sub]);
            }
        }

        Finish(x, scales, importance.IsEmpty ? default : sumWeights, quants, block);
    }

    // From the scales of the search to the block; quants hold the integers of the search.
    private static void Finish(ReadOnlySpan<float> x, ReadOnlySpan<float> scales, ReadOnlySpan<float> sumWeights, Span<byte> quants, Span<byte> block)
    {
        Span<byte> scaleQuants = stackalloc byte[SubBlocks];
        float d = sumWeights.IsEmpty ? QuantizeToExtreme(scales, scaleQuants) : ScaleSearch.Find(scales, sumWeights, ScaleLimit, scaleQuants);
        d = block.WriteHalf(Scale, d);
        PackScales(scaleQuants, block.Slice(Scales, 12));

        // With the scales as stored, the integers are chosen anew; a sub-block whose scale became 0 keeps those of the search.
        for (int j = 0; j < SubBlocks; j++)
        {
            float scale = d * (scaleQuants[j] - ScaleLimit);
            if (scale == 0)
                continue;
            for (int i = j * SubBlock; i < (j + 1) * SubBlock; i++)
                quants[i] = (byte)(Rounding.Nearest(x[i] / scale, -Limit, Limit - 1) + Limit);
        }

        BitPlanes.TakeBits(quants, 2, block[..32]);
        for (int half = 0; half < 2; half++)
            BitPlanes.PackQuarters(quants.Slice(half * 128, 128), block.Slice(Quants + half * 32, 32));
    }

    // The scale of largest magnitude becomes −32 (stored as 0), so d has the opposite sign. Numbers pass through an int8 before they are clamped.
    private static float QuantizeToExtreme(ReadOnlySpan<float> scales, Span<byte> quants)
    {
        float extreme = ScaleSearch.Extreme(scales);
        if (extreme == 0)
        {
            quants.Clear();
            return 0;
        }

        float inverse = -ScaleLimit / extreme;
        for (int j = 0; j < scales.Length; j++)
            quants[j] = (byte)(Math.Clamp((int)(sbyte)Rounding.Nearest(inverse * scales[j]), -ScaleLimit, ScaleLimit - 1) + ScaleLimit);
        return 1 / inverse;
    }

    private static void PackScales(ReadOnlySpan<byte> scales, Span<byte> packed)
    {
        for (int j = 0; j < 8; j++)
            packed[j] = (byte)(scales[j] & 15 | scales[j + 8] << 4);
        for (int j = 0; j < 4; j++)
            packed[j + 8] = (byte)(scales[j] >> 4 | scales[j + 4] >> 4 << 2 | scales[j + 8] >> 4 << 4 | scales[j + 12] >> 4 << 6);
    }

    private protected override void DecodeBlocks(ReadOnlySpan<byte> blocks, Span<float> destination)
    {
        Span<byte> quants = stackalloc byte[Elements];
        for (; !blocks.IsEmpty; blocks = blocks[Bytes..], destination = destination[Elements..])
        {
            float d = blocks.ReadHalf(Scale);
            ReadOnlySpan<byte> packed = blocks.Slice(Scales, 12);
            for (int half = 0; half < 2; half++)
                BitPlanes.UnpackQuarters(blocks.Slice(Quants + half * 32, 32), quants.Slice(half * 128, 128));
            BitPlanes.AddBits(blocks[..32], 2, quants);
            for (int j = 0; j < SubBlocks; j++)
            {
                int scaleQuant = packed[j % 8] >> j / 8 * 4 & 15 | (packed[8 + j % 4] >> j / 4 * 2 & 3) << 4;
                float scale = d * (scaleQuant - ScaleLimit);
                for (int i = j * SubBlock; i < (j + 1) * SubBlock; i++)
                    destination[i] = scale * (quants[i] - Limit);
            }
        }
    }
}
