using System.Runtime.CompilerServices;
using HafsModels.Quantization.Lanes;
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

    // The scalar definition: a search for each sub-block, then Finish.
    private static void EncodeBlock(ReadOnlySpan<float> x, ReadOnlySpan<float> importance, Span<byte> block)
    {
        Span<byte> quants = stackalloc byte[SubBlock];
        Span<float> scales = stackalloc float[SubBlocks], offsets = stackalloc float[SubBlocks], sumWeights = stackalloc float[SubBlocks];
        for (int j = 0; j < SubBlocks; j++)
            scales[j] = Search(x, importance, j, quants, out offsets[j], out sumWeights[j]);

        Span<byte> scaleQuants = stackalloc byte[SubBlocks], offsetQuants = stackalloc byte[SubBlocks];
        float d = importance.IsEmpty ? QuantizeToLargest(scales, scaleQuants) : PositiveScaleSearch.Find(scales, sumWeights, ScaleLimit, scaleQuants);
        float dmin = importance.IsEmpty ? QuantizeToLargest(offsets, offsetQuants) : PositiveScaleSearch.Find(offsets, sumWeights, ScaleLimit, offsetQuants);
        Finish<Lanes1>(x, importance, d, scaleQuants, dmin, offsetQuants, block);
    }

    private static float Search(ReadOnlySpan<float> x, ReadOnlySpan<float> importance, int j, Span<byte> quants, out float offset, out float sumWeights)
    {
        Span<float> weights = stackalloc float[SubBlock];
        ReadOnlySpan<float> sub = x.Slice(j * SubBlock, SubBlock);
        if (importance.IsEmpty)
        {
            for (int i = 0; i < SubBlock; i++)
                weights[i] = MathF.Abs(sub[i]);
            sumWeights = 0;
            return ScaleMinSearch.Find<Plain>(sub, weights, quants, out offset);
        }

        Importance.Weights(sub, importance.Slice(j * SubBlock, SubBlock), Importance.SumOfSquares(x) / Elements, weights);
        sumWeights = Importance.Sum(weights);
        return ScaleMinSearch.Find<WeightedTwoBits>(sub, weights, quants, out offset);
    }

    // The vector kernel: thirty-two sub-blocks (two super-blocks) are searched at once; then Finish.
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
                ImportanceLanes.WeighBlocks<V>(x, importance, first % rowLength, factor: 1, divisor: Elements, weights);
                batch.Find<V, WeightedTwoBits>(x, weights[..x.Length]);
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
                    batch.Units[j / SubBlocks] = QuantizeToLargest(new(batch.Scales + j, SubBlocks), new(batch.ScaleQuants + j, SubBlocks));
                    batch.Units[BatchBlocks + j / SubBlocks] = QuantizeToLargest(new(batch.Offsets + j, SubBlocks), new(batch.OffsetQuants + j, SubBlocks));
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
                    destination[..Bytes]);
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
        d = block.WriteHalf(Scale, d);
        dmin = block.WriteHalf(Offset, dmin);
        for (int j = 0; j < SubBlocks; j++)
        {
            block[j] = (byte)(scaleQuants[j] | offsetQuants[j] << 4);
            float scale = d * (block[j] & 15), offset = dmin * (block[j] >> 4);
            Span<byte> subQuants = quants.Slice(j * SubBlock, SubBlock);
            if (scale != 0)
                NearestQuants.Find<V>(x.Slice(j * SubBlock, SubBlock), scale, offset, 0, Limit, subQuants);
            else
                Search(x, importance, j, subQuants, out _, out _);
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

        public static unsafe void Weigh<V>(float* rows, int stride)
            where V : struct, ILanes<V>
        {
            for (int i = 0; i < SubBlock; i++)
                V.Store(V.Abs(V.Load(rows + i * stride)), rows + i * stride + V.Count);
        }
    }
}
