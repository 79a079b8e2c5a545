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

    // The scalar definition: a search for each sub-block, then Finish.
    private static void EncodeBlock(ReadOnlySpan<float> x, ReadOnlySpan<float> importance, Span<byte> block)
    {
        Span<byte> quants = stackalloc byte[SubBlock];
        Span<float> scales = stackalloc float[SubBlocks], sumWeights = stackalloc float[SubBlocks];
        for (int j = 0; j < SubBlocks; j++)
            scales[j] = Search(x, importance, j, quants, out sumWeights[j]);
        Finish<Lanes1>(x, importance, scales, sumWeights, block);
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

    // The vector kernel: sixty-four sub-blocks (four super-blocks) are searched at once; then Finish.
    [SkipLocalsInit]
    private protected override unsafe void EncodeLanes<V>(ReadOnlySpan<float> rows, int rowLength, ReadOnlySpan<float> importance, Span<byte> destination)
    {
        const int BatchSubBlocks = 64, BatchElements = BatchSubBlocks * SubBlock;
        Span<float> allScales = stackalloc float[BatchSubBlocks], allSumWeights = stackalloc float[BatchSubBlocks], weights = stackalloc float[BatchElements];
        for (int first = 0; first < rows.Length; first += BatchElements)
        {
            ReadOnlySpan<float> x = rows.Slice(first, Math.Min(BatchElements, rows.Length - first));
            CacheLines.Prefetch(rows[(first + x.Length)..], BatchElements);
            ulong failed;
            if (importance.IsEmpty)
            {
                failed = Descend<V>(x, allScales);
            }
            else
            {
                ImportanceLanes.WeighBlocks<V>(x, importance, first % rowLength, factor: 2, divisor: Elements, weights);
                failed = SearchWeighted<V>(x, weights[..x.Length], allScales, allSumWeights);
            }

            for (int j = 0; j < x.Length / SubBlock; j += SubBlocks, destination = destination[Bytes..])
            {
                ReadOnlySpan<float> blockX = x.Slice(j * SubBlock, Elements);
                ReadOnlySpan<float> blockImportance = importance.IsEmpty ? default : importance.Slice((first + j * SubBlock) % rowLength, Elements);
                Span<float> scales = allScales.Slice(j, SubBlocks), sumWeights = allSumWeights.Slice(j, SubBlocks);
                SearchFailed(blockX, blockImportance, failed >> j, scales, sumWeights);
                Finish<V>(blockX, blockImportance, scales, sumWeights, destination[..Bytes]);
            }
        }
    }

    [SkipLocalsInit]
    private static unsafe ulong Descend<V>(ReadOnlySpan<float> x, Span<float> scales)
        where V : struct, ILanes<V>
    {
        const int CacheLine = 64;
        float* padded = stackalloc float[scales.Length * SubBlock], memory = stackalloc float[4 * 16 * SubBlock * 4 + CacheLine / sizeof(float)];
        float* groups = (float*)(((nint)memory + CacheLine - 1) & -CacheLine);
        ulong failed = 0;
        fixed (float* given = x, found = scales)
        {
            float* elements = given;
            if (x.Length < scales.Length * SubBlock)
            {
                Span<float> all = new(padded, scales.Length * SubBlock);
                x.CopyTo(all);
                all[x.Length..].Clear();
                elements = padded;
            }

            int atOnce = ScaleDescentLanes<V>.Groups * V.Count;
            for (int first = 0; first < scales.Length; first += atOnce)
            {
                for (int group = 0; group < ScaleDescentLanes<V>.Groups; group++)
                    Transposition.ToLanes<V>(elements + (first + group * V.Count) * SubBlock, SubBlock, groups + group * ScaleDescentLanes<V>.GroupFloats, ScaleDescentLanes<V>.Stride);
                failed |= ScaleDescentLanes<V>.Find(groups, found + first) << first;
            }
        }

        return failed;
    }

    [SkipLocalsInit]
    private static unsafe ulong SearchWeighted<V>(ReadOnlySpan<float> x, ReadOnlySpan<float> weights, Span<float> scales, Span<float> sumWeights)
        where V : struct, ILanes<V>
    {
        const int BatchElements = ScaleBatch.Count * SubBlock;
        Unsafe.SkipInit(out ScaleBatch batch);
        ulong failed = 0;
        for (int first = 0; first < x.Length; first += BatchElements)
        {
            Range part = new(first, Math.Min(first + BatchElements, x.Length));
            batch.Find<V, ThreeBits>(x[part], weights[part]);
            new ReadOnlySpan<float>(batch.Scales, ScaleBatch.Count).CopyTo(scales[(first / SubBlock)..]);
            failed |= (ulong)batch.Failed << first / SubBlock;
        }

        for (int j = 0; j < x.Length / SubBlock; j++)
            sumWeights[j] = Importance.Sum(weights.Slice(j * SubBlock, SubBlock));
        return failed;
    }

    private static void SearchFailed(ReadOnlySpan<float> x, ReadOnlySpan<float> importance, ulong failed, Span<float> scales, Span<float> sumWeights)
    {
        Span<byte> quants = stackalloc byte[SubBlock];
        for (int j = 0; j < SubBlocks; j++)
        {
            if ((failed >> j & 1) != 0)
                scales[j] = Search(x, importance, j, quants, out sumWeights[j]);
        }
    }

    // Stores the scales; then chooses the integers by the scales as stored, but a sub-block whose scale became 0 keeps those of its search.
    [SkipLocalsInit]
    private static void Finish<V>(ReadOnlySpan<float> x, ReadOnlySpan<float> importance, ReadOnlySpan<float> scales, ReadOnlySpan<float> sumWeights, Span<byte> block)
        where V : struct, ILanes<V>
    {
        Span<byte> quants = stackalloc byte[Elements], scaleQuants = stackalloc byte[SubBlocks];
        float d = importance.IsEmpty ? QuantizeToExtreme(scales, scaleQuants) : ScaleSearch.Find(scales, sumWeights, ScaleLimit, scaleQuants);
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

    private readonly struct ThreeBits : IScaleRule
    {
        public static int Length => SubBlock;
        public static int Limit => Q3_K.Limit;
    }
}
