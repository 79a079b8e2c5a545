using HafsModels.Quantization.Search;
using HafsModels.Tensors;

namespace HafsModels.Quantization;

/// <summary>
/// Super-blocks of 8 sub-blocks of 32 elements: x ≈ d·scale·q − dmin·offset with q in [0, 31] and 6-bit scale and offset for each sub-block.
/// Layout: d (F16), dmin (F16), scales and offsets (<see cref="SixBitPairs"/>, 12 bytes), the fifth bits of q (32 bytes: byte i holds those of the
/// elements i of the eight sub-blocks), the lower four (128 bytes: 32 for each pair of sub-blocks, the even one in the low, the odd one in the high halves).
/// </summary>
internal sealed class Q5_K() : BlockFormat(GgmlType.Q5_K)
{
    private const int Elements = 256, SubBlocks = 8, SubBlock = 32, Limit = 31, ScaleLimit = 63;
    private const int Bytes = 176, Offset = 2, Scales = 4, High = 16, Quants = 48;

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
                Q4_K.Magnitudes(x[sub], weights);
                scales[j] = ScaleMinSearch.Find<Plain>(x[sub], weights, quants[sub], out offsets[j]);
            }
            else
            {
                Importance.Weights(x[sub], importance[sub], doubledMeanSquare, weights);
                sumWeights[j] = Importance.Sum(weights);
                scales[j] = ScaleMinSearch.Find<WeightedFiveBits>(x[sub], weights, quants[sub], out offsets[j]);
            }
        }

        Span<byte> scaleQuants = stackalloc byte[SubBlocks], offsetQuants = stackalloc byte[SubBlocks];
        float d = importance.IsEmpty ? Q4_K.QuantizeToLargest(scales, scaleQuants) : PositiveScaleSearch.Find(scales, sumWeights, ScaleLimit, scaleQuants);
        float dmin = importance.IsEmpty ? Q4_K.QuantizeToLargest(offsets, offsetQuants) : PositiveScaleSearch.Find(offsets, sumWeights, ScaleLimit, offsetQuants);
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

        BitPlanes.PackBits(quants, 4, block[High..]);
        for (int i = 0; i < Elements; i++)
            quants[i] &= 15;
        for (int pair = 0; pair < SubBlocks / 2; pair++)
            BitPlanes.PackHalves(quants.Slice(pair * 2 * SubBlock, 2 * SubBlock), block[(Quants + pair * SubBlock)..]);
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
            BitPlanes.AddBits(blocks.Slice(High, SubBlock), 4, quants);
            for (int i = 0; i < Elements; i++)
                destination[i] = d * scales[i / SubBlock] * quants[i] - dmin * offsets[i / SubBlock];
        }
    }

    private readonly struct Plain : IScaleMinRule
    {
        public static int Length => SubBlock;
        public static int Limit => Q5_K.Limit;
        public static float FirstOffset => -0.5f;
        public static float OffsetStep => 0.1f;
        public static int LastStep => 15;
    }
}
