using System.Runtime.CompilerServices;
using HafsModels.Quantization.Lanes;
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

    // The scalar definition: a search for each sub-block, then Finish.
    private static void EncodeBlock(ReadOnlySpan<float> x, ReadOnlySpan<float> importance, Span<byte> block)
    {
        Span<byte> quants = stackalloc byte[SubBlock];
        Span<float> scales = stackalloc float[SubBlocks], offsets = stackalloc float[SubBlocks], sumWeights = stackalloc float[SubBlocks];
        for (int j = 0; j < SubBlocks; j++)
            scales[j] = Search(x, importance, j, quants, out offsets[j], out sumWeights[j]);

        Span<byte> scaleQuants = stackalloc byte[SubBlocks], offsetQuants = stackalloc byte[SubBlocks];
        float d = importance.IsEmpty ? Q4_K.QuantizeToLargest(scales, scaleQuants) : PositiveScaleSearch.Find(scales, sumWeights, ScaleLimit, scaleQuants);
        float dmin = importance.IsEmpty ? Q4_K.QuantizeToLargest(offsets, offsetQuants) : PositiveScaleSearch.Find(offsets, sumWeights, ScaleLimit, offsetQuants);
        Finish<Lanes1>(x, importance, d, scaleQuants, dmin, offsetQuants, block);
    }

    private static float Search(ReadOnlySpan<float> x, ReadOnlySpan<float> importance, int j, Span<byte> quants, out float offset, out float sumWeights)
    {
        Span<float> weights = stackalloc float[SubBlock];
        ReadOnlySpan<float> sub = x.Slice(j * SubBlock, SubBlock);
        if (importance.IsEmpty)
        {
            // Root mean square of the sub-block plus |x|.
            float rootMeanSquare = MathF.Sqrt(Importance.SumOfSquares(sub) / SubBlock);
            for (int i = 0; i < SubBlock; i++)
                weights[i] = rootMeanSquare + MathF.Abs(sub[i]);
            sumWeights = 0;
            return ScaleMinSearch.Find<Plain>(sub, weights, quants, out offset);
        }

        Importance.Weights(sub, importance.Slice(j * SubBlock, SubBlock), 2 * Importance.SumOfSquares(x) / Elements, weights);
        sumWeights = Importance.Sum(weights);
        return ScaleMinSearch.Find<WeightedFiveBits>(sub, weights, quants, out offset);
    }

    // The vector kernel: thirty-two sub-blocks (four super-blocks) are searched at once; then Finish.
    [SkipLocalsInit]
    private protected override unsafe void EncodeLanes<V>(ReadOnlySpan<float> rows, int rowLength, ReadOnlySpan<float> importance, Span<byte> destination)
    {
        const int BatchElements = ScaleMinBatch.Count * SubBlock, BatchBlocks = BatchElements / Elements;
        Unsafe.SkipInit(out ScaleMinBatch batch);
        Span<float> weights = stackalloc float[BatchElements];
        Span<byte> quants = stackalloc byte[SubBlock];
        for (int first = 0; first < rows.Length; first += BatchElements)
        {
            ReadOnlySpan<float> x = rows.Slice(first, Math.Min(BatchElements, rows.Length - first));
            if (importance.IsEmpty)
            {
                batch.Find<V, Plain>(x, default);
            }
            else
            {
                ImportanceLanes.WeighBlocks<V>(x, importance, first % rowLength, factor: 2, divisor: Elements, weights);
                batch.Find<V, WeightedFiveBits>(x, weights[..x.Length]);
            }

            for (int j = 0; j < x.Length / SubBlock; j++)
            {
                if ((batch.Failed >> j & 1) != 0)
                    batch.Scales[j] = Search(Block(x, j), Columns(importance, rowLength, first, j), j % SubBlocks, quants, out batch.Offsets[j], out batch.SumWeights[j]);
            }

            if (importance.IsEmpty)
            {
                for (int j = 0; j < x.Length / SubBlock; j += SubBlocks)
                {
                    batch.Units[j / SubBlocks] = Q4_K.QuantizeToLargest(new(batch.Scales + j, SubBlocks), new(batch.ScaleQuants + j, SubBlocks));
                    batch.Units[BatchBlocks + j / SubBlocks] = Q4_K.QuantizeToLargest(new(batch.Offsets + j, SubBlocks), new(batch.OffsetQuants + j, SubBlocks));
                }
            }
            else
            {
                batch.QuantizeScales<V>(SubBlocks, ScaleLimit);
            }

            for (int j = 0; j < x.Length / SubBlock; j += SubBlocks, destination = destination[Bytes..])
            {
                Finish<V>(
                    Block(x, j),
                    Columns(importance, rowLength, first, j),
                    batch.Units[j / SubBlocks],
                    new(batch.ScaleQuants + j, SubBlocks),
                    batch.Units[BatchBlocks + j / SubBlocks],
                    new(batch.OffsetQuants + j, SubBlocks),
                    destination);
            }
        }
    }

    // The super-block of sub-block j of a batch, and the importance of its columns when the batch starts at an element of the rows.
    private static ReadOnlySpan<float> Block(ReadOnlySpan<float> batch, int j) => batch.Slice(j / SubBlocks * Elements, Elements);

    private static ReadOnlySpan<float> Columns(ReadOnlySpan<float> importance, int rowLength, int first, int j)
        => importance.IsEmpty ? default : importance.Slice((first + j / SubBlocks * Elements) % rowLength, Elements);

    // Stores the scales and offsets; then chooses the integers by the scales as stored, but a sub-block whose scale became 0 keeps those of its search.
    [SkipLocalsInit]
    private static void Finish<V>(
        ReadOnlySpan<float> x, ReadOnlySpan<float> importance, float d, ReadOnlySpan<byte> scaleQuants, float dmin, ReadOnlySpan<byte> offsetQuants, Span<byte> block)
        where V : struct, ILanes<V>
    {
        Span<byte> quants = stackalloc byte[Elements];
        d = block.WriteHalf(0, d);
        dmin = block.WriteHalf(Offset, dmin);
        SixBitPairs.Pack(scaleQuants, offsetQuants, block[Scales..]);

        for (int j = 0; j < SubBlocks; j++)
        {
            float scale = d * scaleQuants[j], offset = dmin * offsetQuants[j];
            Span<byte> subQuants = quants.Slice(j * SubBlock, SubBlock);
            if (scale != 0)
                NearestQuants.Find<V>(x.Slice(j * SubBlock, SubBlock), scale, offset, 0, Limit, subQuants);
            else
                Search(x, importance, j, subQuants, out _, out _);
        }

        BitPlanes.TakeBits(quants, 4, block.Slice(High, SubBlock));
        for (int pair = 0; pair < SubBlocks / 2; pair++)
            BitPlanes.PackHalves(quants.Slice(pair * 2 * SubBlock, 2 * SubBlock), block.Slice(Quants + pair * SubBlock, SubBlock));
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

        public static unsafe void Weigh<V>(float* rows, int stride)
            where V : struct, ILanes<V>
            => Q4_K.WeighByMagnitude<V>(rows, stride);
    }
}
