using HafsModels.Quantization.Search;
using HafsModels.Tensors;

namespace HafsModels.Quantization;

/// <summary>
/// Super-blocks of 8 sub-blocks of 32 elements: x ≈ d·scale·q − dmin·offset with q in [0, 15] and 6-bit scale and offset for each sub-block.
/// Layout: d (F16), dmin (F16), scales and offsets (<see cref="SixBitPairs"/>, 12 bytes), q (128 bytes: 32 for each pair of sub-blocks, the even one in
/// the low, the odd one in the high halves).
/// </summary>
internal sealed class Q4_K() : BlockFormat(GgmlType.Q4_K)
{
    private const int Elements = 256, SubBlocks = 8, SubBlock = 32, Limit = 15, ScaleLimit = 63;
    private const int Bytes = 144, Offset = 2, Scales = 4, Quants = 16;

    private protected override void EncodeRow(ReadOnlySpan<float> row, ReadOnlySpan<float> importance, Span<byte> destination)
    {
        for (int i = 0; i < row.Length; i += Elements, destination = destination[Bytes..])
            EncodeBlock(row.Slice(i, Elements), importance.IsEmpty ? default : importance.Slice(i, Elements), destination);
    }

    private static void EncodeBlock(ReadOnlySpan<float> x, ReadOnlySpan<float> importance, Span<byte> block)
    {
        Span<byte> quants = stackalloc byte[Elements];
        Span<float> scales = stackalloc float[SubBlocks], offsets = stackalloc float[SubBlocks], sumWeights = stackalloc float[SubBlocks];
        Span<float> weights = stackalloc float[SubBlock];
        float doubledMeanSquare = importance.IsEmpty ? 0 : 2 * Importance.SumOfSquares(x) / Elements;
        for (int j = 0; j < SubBlocks; j++)
        {
            Range sub = new(j * SubBlock, (j + 1) * SubBlock);
            if (importance.IsEmpty)
            {
                Magnitudes(x[sub], weights);
                scales[j] = ScaleMinSearch.Find<Plain>(x[sub], weights, quants[sub], out offsets[j]);
            }
            else
            {
                Importance.Weights(x[sub], importance[sub], doubledMeanSquare, weights);
                sumWeights[j] = Importance.Sum(weights);
                scales[j] = ScaleMinSearch.Find<WeightedFourBits>(x[sub], weights, quants[sub], out offsets[j]);
            }
        }

        Span<byte> scaleQuants = stackalloc byte[SubBlocks], offsetQuants = stackalloc byte[SubBlocks];
        float d = importance.IsEmpty ? QuantizeToLargest(scales, scaleQuants) : PositiveScaleSearch.Find(scales, sumWeights, ScaleLimit, scaleQuants);
        float dmin = importance.IsEmpty ? QuantizeToLargest(offsets, offsetQuants) : PositiveScaleSearch.Find(offsets, sumWeights, ScaleLimit, offsetQuants);
        d = block.WriteHalf(0, d);
        dmin = block.WriteHalf(Offset, dmin);
        SixBitPairs.Pack(scaleQuants, offsetQuants, block[Scales..]);

        // With the scales as stored, the integers are chosen anew; a sub-block whose scale became 0 keeps those of the search.
        for (int j = 0; j < SubBlocks; j++)
        {
            float scale = d * scaleQuants[j], offset = dmin * offsetQuants[j];
            if (scale == 0)
                continue;
            for (int i = j * SubBlock; i < (j + 1) * SubBlock; i++)
                quants[i] = (byte)Rounding.Nearest((x[i] + offset) / scale, 0, Limit);
        }

        for (int pair = 0; pair < SubBlocks / 2; pair++)
            BitPlanes.PackHalves(quants.Slice(pair * 2 * SubBlock, 2 * SubBlock), block[(Quants + pair * SubBlock)..]);
    }

    /// <summary>Weights without an importance matrix: root mean square of the sub-block plus |x|.</summary>
    internal static void Magnitudes(ReadOnlySpan<float> x, Span<float> weights)
    {
        float rootMeanSquare = MathF.Sqrt(Importance.SumOfSquares(x) / x.Length);
        for (int i = 0; i < x.Length; i++)
            weights[i] = rootMeanSquare + MathF.Abs(x[i]);
    }

    /// <summary>Maps non-negative numbers to 0 … 63, the largest to 63.</summary>
    /// <returns>What one unit is worth.</returns>
    internal static float QuantizeToLargest(ReadOnlySpan<float> values, Span<byte> quants)
    {
        float max = 0;
        foreach (float value in values)
        {
            if (value > max)
                max = value;
        }

        float inverse = max > 0 ? ScaleLimit / max : 0;
        for (int j = 0; j < values.Length; j++)
            quants[j] = Math.Min((byte)ScaleLimit, (byte)Rounding.Nearest(inverse * values[j]));
        return max / ScaleLimit;
    }

    private protected override void DecodeBlocks(ReadOnlySpan<byte> blocks, Span<float> destination)
    {
        Span<byte> scales = stackalloc byte[SubBlocks], offsets = stackalloc byte[SubBlocks], quants = stackalloc byte[Elements];
        for (; !blocks.IsEmpty; blocks = blocks[Bytes..], destination = destination[Elements..])
        {
            float d = blocks.ReadHalf(0), dmin = blocks.ReadHalf(Offset);
            SixBitPairs.Unpack(blocks[Scales..], scales, offsets);
            for (int pair = 0; pair < SubBlocks / 2; pair++)
                BitPlanes.UnpackHalves(blocks.Slice(Quants + pair * SubBlock, SubBlock), quants.Slice(pair * 2 * SubBlock, 2 * SubBlock));
            for (int i = 0; i < Elements; i++)
                destination[i] = d * scales[i / SubBlock] * quants[i] - dmin * offsets[i / SubBlock];
        }
    }

    private readonly struct Plain : IScaleMinRule
    {
        public static int Length => SubBlock;
        public static int Limit => Q4_K.Limit;
        public static float FirstOffset => -1;
        public static float OffsetStep => 0.1f;
        public static int LastStep => 20;
    }
}
