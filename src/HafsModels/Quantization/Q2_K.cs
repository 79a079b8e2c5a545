using HafsModels.Quantization.Search;
using HafsModels.Tensors;

namespace HafsModels.Quantization;

/// <summary>
/// Super-blocks of 16 sub-blocks of 16 elements: x ≈ d·scale·q − dmin·offset with q in [0, 3] and 4-bit scale and offset for each sub-block.
/// Layout: scales (low) and offsets (high half, 16 bytes), q (64 bytes: 32 for each half of 128 elements, <see cref="BitPlanes"/>), d (F16), dmin (F16).
/// </summary>
internal sealed class Q2_K() : BlockFormat(GgmlType.Q2_K)
{
    private const int Elements = 256, SubBlocks = 16, SubBlock = 16, Limit = 3, ScaleLimit = 15;
    private const int Bytes = 84, Quants = 16, Scale = 80, Offset = 82;

    private protected override void EncodeRow(ReadOnlySpan<float> row, ReadOnlySpan<float> importance, Span<byte> destination)
    {
        for (int i = 0; i < row.Length; i += Elements, destination = destination[Bytes..])
            EncodeBlock(row.Slice(i, Elements), importance.IsEmpty ? default : importance.Slice(i, Elements), destination[..Bytes]);
    }

    private static void EncodeBlock(ReadOnlySpan<float> x, ReadOnlySpan<float> importance, Span<byte> block)
    {
        Span<byte> quants = stackalloc byte[Elements];
        Span<float> scales = stackalloc float[SubBlocks], offsets = stackalloc float[SubBlocks], sumWeights = stackalloc float[SubBlocks];
        Span<float> weights = stackalloc float[SubBlock];
        float meanSquare = importance.IsEmpty ? 0 : Importance.SumOfSquares(x) / Elements;
        for (int j = 0; j < SubBlocks; j++)
        {
            Range sub = new(j * SubBlock, (j + 1) * SubBlock);
            if (importance.IsEmpty)
            {
                for (int i = 0; i < SubBlock; i++)
                    weights[i] = MathF.Abs(x[j * SubBlock + i]);
                scales[j] = ScaleMinSearch.Find<Plain>(x[sub], weights, quants[sub], out offsets[j]);
            }
            else
            {
                Importance.Weights(x[sub], importance[sub], meanSquare, weights);
                sumWeights[j] = Importance.Sum(weights);
                scales[j] = ScaleMinSearch.Find<WeightedTwoBits>(x[sub], weights, quants[sub], out offsets[j]);
            }
        }

        Finish(x, scales, offsets, importance.IsEmpty ? default : sumWeights, quants, block);
    }

    // From the scales and offsets of the search to the block; quants hold the integers of the search.
    private static void Finish(ReadOnlySpan<float> x, ReadOnlySpan<float> scales, ReadOnlySpan<float> offsets, ReadOnlySpan<float> sumWeights, Span<byte> quants, Span<byte> block)
    {
        Span<byte> scaleQuants = stackalloc byte[SubBlocks], offsetQuants = stackalloc byte[SubBlocks];
        float d = sumWeights.IsEmpty ? QuantizeToLargest(scales, scaleQuants) : PositiveScaleSearch.Find(scales, sumWeights, ScaleLimit, scaleQuants);
        float dmin = sumWeights.IsEmpty ? QuantizeToLargest(offsets, offsetQuants) : PositiveScaleSearch.Find(offsets, sumWeights, ScaleLimit, offsetQuants);
        d = block.WriteHalf(Scale, d);
        dmin = block.WriteHalf(Offset, dmin);

        // With the scales as stored, the integers are chosen anew; a sub-block whose scale became 0 keeps those of the search.
        for (int j = 0; j < SubBlocks; j++)
        {
            block[j] = (byte)(scaleQuants[j] | offsetQuants[j] << 4);
            float scale = d * (block[j] & 15), offset = dmin * (block[j] >> 4);
            if (scale == 0)
                continue;
            for (int i = j * SubBlock; i < (j + 1) * SubBlock; i++)
                quants[i] = (byte)Rounding.Nearest((x[i] + offset) / scale, 0, Limit);
        }

        for (int half = 0; half < 2; half++)
            BitPlanes.PackQuarters(quants.Slice(half * 128, 128), block.Slice(Quants + half * 32, 32));
    }

    // Maps non-negative numbers to 0 … 15, the largest to 15, and returns what one unit is worth.
    private static float QuantizeToLargest(ReadOnlySpan<float> values, Span<byte> quants)
    {
        float max = 0;
        foreach (float value in values)
        {
            if (value > max)
                max = value;
        }

        if (!(max > 0))
        {
            quants.Clear();
            return 0;
        }

        float inverse = ScaleLimit / max;
        for (int j = 0; j < values.Length; j++)
            quants[j] = (byte)Rounding.Nearest(inverse * values[j]);
        return max / ScaleLimit;
    }

    private protected override void DecodeBlocks(ReadOnlySpan<byte> blocks, Span<float> destination)
    {
        Span<byte> quants = stackalloc byte[Elements];
        for (; !blocks.IsEmpty; blocks = blocks[Bytes..], destination = destination[Elements..])
        {
            float d = blocks.ReadHalf(Scale), dmin = blocks.ReadHalf(Offset);
            for (int half = 0; half < 2; half++)
                BitPlanes.UnpackQuarters(blocks.Slice(Quants + half * 32, 32), quants.Slice(half * 128, 128));
            for (int i = 0; i < Elements; i++)
            {
                int pair = blocks[i / SubBlock];
                destination[i] = d * (pair & 15) * quants[i] - dmin * (pair >> 4);
            }
        }
    }

    private readonly struct Plain : IScaleMinRule
    {
        public static int Length => SubBlock;
        public static int Limit => Q2_K.Limit;
        public static float FirstOffset => -0.5f;
        public static float OffsetStep => 0.1f;
        public static int LastStep => 15;
        public static bool AbsoluteError => true;
    }
}
