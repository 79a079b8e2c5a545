using System.Runtime.CompilerServices;
using HafsModels.Quantization.Lanes;
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

    // The scalar definition: a search for each sub-block and for their scales, then Store.
    private static void EncodeBlock(ReadOnlySpan<float> x, ReadOnlySpan<float> importance, Span<byte> block)
    {
        Span<byte> quants = stackalloc byte[SubBlock], scaleQuants = stackalloc byte[SubBlocks];
        Span<float> scales = stackalloc float[SubBlocks], sumWeights = stackalloc float[SubBlocks];
        for (int j = 0; j < SubBlocks; j++)
            scales[j] = Search(x, importance, j, quants, out sumWeights[j]);
        float d = importance.IsEmpty ? QuantizeToExtreme<Lanes1>(scales, scaleQuants) : ScaleSearch.Find(scales, sumWeights, ScaleLimit, scaleQuants);
        Store<Lanes1>(x, importance, d, scaleQuants, block);
    }

    private static float Search(ReadOnlySpan<float> x, ReadOnlySpan<float> importance, int j, Span<byte> quants, out float sumWeights)
    {
        ReadOnlySpan<float> sub = x.Slice(j * SubBlock, SubBlock);
        sumWeights = 0;
        if (importance.IsEmpty)
            return ScaleDescent.Find(sub, Limit, quants);
        Span<float> weights = stackalloc float[SubBlock];
        Importance.Weights(sub, importance.Slice(j * SubBlock, SubBlock), 2 * Importance.SumOfSquares(x) / Elements, weights);
        sumWeights = Importance.Sum(weights);
        return ScaleSearch.Find(sub, weights, Limit, quants);
    }

    // The vector kernel: the sub-blocks of thirty-two super-blocks are searched at once, then with importance the scales of the super-blocks; then Store.
    [SkipLocalsInit]
    private protected override unsafe void EncodeLanes<V>(ReadOnlySpan<float> rows, int rowLength, ReadOnlySpan<float> importance, Span<byte> destination)
    {
        const int Blocks = ScaleBatch.Count, BatchElements = Blocks * Elements;
        Unsafe.SkipInit(out ScaleBatch blockScales);
        Span<float> allScales = stackalloc float[Blocks * SubBlocks], allSumWeights = stackalloc float[Blocks * SubBlocks];
        Span<byte> scaleQuants = stackalloc byte[SubBlocks];
        for (int first = 0; first < rows.Length; first += BatchElements)
        {
            ReadOnlySpan<float> x = rows.Slice(first, Math.Min(BatchElements, rows.Length - first));
            Span<float> scales = allScales[..(x.Length / SubBlock)], sumWeights = allSumWeights[..scales.Length];
            if (importance.IsEmpty)
                ScaleDescentBatch.Find<V>(x, scales);
            else
                SearchWeighted<V>(x, importance, first % rowLength, scales, sumWeights);
            SearchFailed(x, importance, first % rowLength, scales, sumWeights);
            if (!importance.IsEmpty)
                blockScales.Find<V, SixBits>(scales, sumWeights);

            for (int block = 0; block < x.Length / Elements; block++, destination = destination[Bytes..])
            {
                ReadOnlySpan<float> blockX = x.Slice(block * Elements, Elements), ofBlock = scales.Slice(block * SubBlocks, SubBlocks);
                ReadOnlySpan<float> blockImportance = importance.IsEmpty ? default : importance.Slice((first + block * Elements) % rowLength, Elements);
                float d;
                if (importance.IsEmpty)
                    d = QuantizeToExtreme<V>(ofBlock, scaleQuants);
                else if ((blockScales.Failed >> block & 1) != 0)
                    d = ScaleSearch.Find(ofBlock, sumWeights.Slice(block * SubBlocks, SubBlocks), ScaleLimit, scaleQuants);
                else
                    d = QuantizeByInverse<V>(ofBlock, blockScales.Scales[block], blockScales.Inverses[block], scaleQuants);
                Store<V>(blockX, blockImportance, d, scaleQuants, destination[..Bytes]);
            }
        }
    }

    // A sub-block that the scalar definition must search gets the scale NaN.
    [SkipLocalsInit]
    private static unsafe void SearchWeighted<V>(ReadOnlySpan<float> x, ReadOnlySpan<float> importance, int firstColumn, Span<float> scales, Span<float> sumWeights)
        where V : struct, ILanes<V>
    {
        const int BatchElements = ScaleBatch.Count * SubBlock;
        Unsafe.SkipInit(out ScaleBatch batch);
        Span<float> allWeights = stackalloc float[BatchElements];
        for (int first = 0; first < x.Length; first += BatchElements)
        {
            ReadOnlySpan<float> part = x.Slice(first, Math.Min(BatchElements, x.Length - first));
            Span<float> weights = allWeights[..part.Length];
            ImportanceLanes.WeighBlocks<V>(part, importance, (firstColumn + first) % importance.Length, factor: 2, divisor: Elements, weights);
            batch.Find<V, ThreeBits>(part, weights);
            for (int j = 0; j < part.Length / SubBlock; j++)
            {
                scales[first / SubBlock + j] = (batch.Failed >> j & 1) != 0 ? float.NaN : batch.Scales[j];
                sumWeights[first / SubBlock + j] = Importance.Sum(weights.Slice(j * SubBlock, SubBlock));
            }
        }
    }

    private static void SearchFailed(ReadOnlySpan<float> x, ReadOnlySpan<float> importance, int firstColumn, Span<float> scales, Span<float> sumWeights)
    {
        Span<byte> quants = stackalloc byte[SubBlock];
        for (int j = 0; j < scales.Length; j++)
        {
            if (!float.IsNaN(scales[j]))
                continue;
            int start = j / SubBlocks * Elements;
            ReadOnlySpan<float> blockImportance = importance.IsEmpty ? default : importance.Slice((firstColumn + start) % importance.Length, Elements);
            scales[j] = Search(x.Slice(start, Elements), blockImportance, j % SubBlocks, quants, out sumWeights[j]);
        }
    }

    // Stores the scales; then chooses the integers by the scales as stored, but a sub-block whose scale became 0 keeps those of its search.
    [SkipLocalsInit]
    private static unsafe void Store<V>(ReadOnlySpan<float> x, ReadOnlySpan<float> importance, float d, ReadOnlySpan<byte> scaleQuants, Span<byte> block)
        where V : struct, ILanes<V>
    {
        Span<byte> quants = stackalloc byte[Elements];
        d = block.WriteHalf(Scale, d);
        PackScales(scaleQuants, block.Slice(Scales, 12));
        for (int j = 0; j < SubBlocks; j++)
        {
            float scale = d * (scaleQuants[j] - ScaleLimit);
            Span<byte> subQuants = quants.Slice(j * SubBlock, SubBlock);
            if (scale != 0)
                NearestQuants.Find<V>(x.Slice(j * SubBlock, SubBlock), scale, 0, -Limit, Limit - 1, subQuants);
            else
                Search(x, importance, j, subQuants, out _);
        }

        BitPlanes.TakeBits(quants, 2, block[..32]);
        for (int half = 0; half < 2; half++)
            BitPlanes.PackQuarters(quants.Slice(half * 128, 128), block.Slice(Quants + half * 32, 32));
    }

    // The scale of largest magnitude becomes −32 (stored as 0), so d has the opposite sign. Numbers pass through an int8 before they are clamped.
    [SkipLocalsInit]
    private static unsafe float QuantizeToExtreme<V>(ReadOnlySpan<float> scales, Span<byte> quants)
        where V : struct, ILanes<V>
    {
        float extreme = BlockLanes.Extreme<V>(scales);
        if (extreme == 0)
        {
            quants.Clear();
            return 0;
        }

        float inverse = -ScaleLimit / extreme;
        fixed (float* source = scales)
        fixed (byte* destination = quants)
        {
            for (int j = 0; j < SubBlocks; j += V.Count)
            {
                V nearest = V.ShiftRightBits(V.ShiftLeftBits(NearestQuants.Nearest(V.Create(inverse) * V.Load(source + j)), 24), 24);
                nearest = V.MaxBits(V.MinBits(nearest, V.CreateBits(ScaleLimit - 1)), V.CreateBits(-ScaleLimit));
                V.StoreBytes(V.AddBits(nearest, V.CreateBits(ScaleLimit)), destination + j);
            }
        }

        return 1 / inverse;
    }

    // Zeros keep 0, not the middle.
    private static float QuantizeByInverse<V>(ReadOnlySpan<float> scales, float d, float inverse, Span<byte> quants)
        where V : struct, ILanes<V>
    {
        if (inverse == 0)
            quants.Clear();
        else
            NearestQuants.FindByInverse<V>(scales, inverse, 0, -ScaleLimit, ScaleLimit - 1, quants);
        return d;
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

    private readonly struct ThreeBits : IScaleRule
    {
        public static int Length => SubBlock;
        public static int Limit => Q3_K.Limit;
    }

    private readonly struct SixBits : IScaleRule
    {
        public static int Length => SubBlocks;
        public static int Limit => ScaleLimit;
    }
}
