using System.Runtime.CompilerServices;
using HafsModels.Quantization.Lanes;
using HafsModels.Quantization.Search;

namespace HafsModels.Quantization;

/// <summary>
/// Encodes super-blocks of 256 elements whose sub-blocks have a scale and an offset each: x ≈ d·scale·q − dmin·offset. Every sub-block is searched on its own
/// (<see cref="ScaleMinSearch"/>), scales and offsets become integers times d and dmin, and the q are chosen once more for the scales as stored.
/// </summary>
/// <typeparam name="TBlock">How the super-block is stored.</typeparam>
/// <typeparam name="TPlain">The search without an importance matrix.</typeparam>
/// <typeparam name="TWeighted">The search with one.</typeparam>
internal static class OffsetSuperBlocks<TBlock, TPlain, TWeighted>
    where TBlock : struct, IOffsetSuperBlock
    where TPlain : struct, IScaleMinRule
    where TWeighted : struct, IScaleMinRule
{
    private const int Elements = 256;

    private static int SubBlock
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => TPlain.Length;
    }

    private static int SubBlocks
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => Elements / SubBlock;
    }

    /// <summary>The scalar definition for one row.</summary>
    public static void EncodeRow(ReadOnlySpan<float> row, ReadOnlySpan<float> importance, Span<byte> destination)
    {
        for (int i = 0; i < row.Length; i += Elements, destination = destination[TBlock.Bytes..])
            EncodeBlock(row.Slice(i, Elements), importance.IsEmpty ? default : importance.Slice(i, Elements), destination[..TBlock.Bytes]);
    }

    private static void EncodeBlock(ReadOnlySpan<float> x, ReadOnlySpan<float> importance, Span<byte> block)
    {
        Span<byte> quants = stackalloc byte[SubBlock];
        Span<float> scales = stackalloc float[SubBlocks], offsets = stackalloc float[SubBlocks], sumWeights = stackalloc float[SubBlocks];
        for (int j = 0; j < SubBlocks; j++)
            scales[j] = Search(x, importance, j, quants, out offsets[j], out sumWeights[j]);

        Span<byte> scaleQuants = stackalloc byte[SubBlocks], offsetQuants = stackalloc byte[SubBlocks];
        bool isPlain = importance.IsEmpty;
        float d = isPlain ? TBlock.QuantizeToLargest(scales, scaleQuants) : PositiveScaleSearch.Find(scales, sumWeights, TBlock.ScaleLimit, scaleQuants);
        float dmin = isPlain ? TBlock.QuantizeToLargest(offsets, offsetQuants) : PositiveScaleSearch.Find(offsets, sumWeights, TBlock.ScaleLimit, offsetQuants);
        Finish<Lanes1>(x, importance, d, scaleQuants, dmin, offsetQuants, block);
    }

    // Sub-block j of super-block x.
    private static float Search(ReadOnlySpan<float> x, ReadOnlySpan<float> importance, int j, Span<byte> quants, out float offset, out float sumWeights)
    {
        Span<float> weights = stackalloc float[SubBlock];
        ReadOnlySpan<float> sub = x.Slice(j * SubBlock, SubBlock);
        if (importance.IsEmpty)
        {
            TPlain.Weigh(sub, weights);
            sumWeights = 0;
            return ScaleMinSearch.Find<TPlain>(sub, weights, quants, out offset);
        }

        Importance.Weights(sub, importance.Slice(j * SubBlock, SubBlock), TBlock.MeanSquareFactor * Importance.SumOfSquares(x) / Elements, weights);
        sumWeights = Importance.Sum(weights);
        return ScaleMinSearch.Find<TWeighted>(sub, weights, quants, out offset);
    }

    /// <summary>The vector kernel for whole rows: thirty-two sub-blocks are searched at once.</summary>
    [SkipLocalsInit]
    public static unsafe void EncodeLanes<V>(ReadOnlySpan<float> rows, int rowLength, ReadOnlySpan<float> importance, Span<byte> destination)
        where V : struct, ILanes<V>
    {
        int batchElements = ScaleMinBatch.Count * SubBlock;
        Unsafe.SkipInit(out ScaleMinBatch batch);
        Span<float> weights = stackalloc float[batchElements];
        Span<byte> quants = stackalloc byte[SubBlock];
        for (int first = 0; first < rows.Length; first += batchElements)
        {
            ReadOnlySpan<float> x = rows.Slice(first, Math.Min(batchElements, rows.Length - first));
            CacheLines.Prefetch(rows[(first + x.Length)..], batchElements);
            if (importance.IsEmpty)
            {
                batch.Find<V, TPlain>(x, default);
            }
            else
            {
                ImportanceLanes.WeighBlocks<V>(x, importance, first % rowLength, TBlock.MeanSquareFactor, divisor: Elements, weights);
                batch.Find<V, TWeighted>(x, weights[..x.Length]);
            }

            for (int j = 0; batch.Failed != 0 && j < x.Length / SubBlock; j++)
            {
                if ((batch.Failed >> j & 1) != 0)
                    batch.Scales[j] = Search(Block(x, j), Columns(importance, rowLength, first, j), j % SubBlocks, quants, out batch.Offsets[j], out batch.SumWeights[j]);
            }

            if (!importance.IsEmpty)
                batch.QuantizeScales<V>(SubBlocks, TBlock.ScaleLimit);
            int blocks = ScaleMinBatch.Count / SubBlocks;
            for (int j = 0; j < x.Length / SubBlock; j += SubBlocks, destination = destination[TBlock.Bytes..])
            {
                Span<byte> scaleQuants = new(batch.ScaleQuants + j, SubBlocks), offsetQuants = new(batch.OffsetQuants + j, SubBlocks);
                float d = importance.IsEmpty ? TBlock.QuantizeToLargest(new(batch.Scales + j, SubBlocks), scaleQuants) : batch.Units[j / SubBlocks];
                float dmin = importance.IsEmpty ? TBlock.QuantizeToLargest(new(batch.Offsets + j, SubBlocks), offsetQuants) : batch.Units[blocks + j / SubBlocks];
                Finish<V>(Block(x, j), Columns(importance, rowLength, first, j), d, scaleQuants, dmin, offsetQuants, destination[..TBlock.Bytes]);
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
        ReadOnlySpan<float> x, ReadOnlySpan<float> importance, float d, Span<byte> scaleQuants, float dmin, Span<byte> offsetQuants, Span<byte> block)
        where V : struct, ILanes<V>
    {
        Span<byte> quants = stackalloc byte[Elements];
        TBlock.StoreScales(ref d, scaleQuants, ref dmin, offsetQuants, block);
        for (int j = 0; j < SubBlocks; j++)
        {
            float scale = d * scaleQuants[j], offset = dmin * offsetQuants[j];
            Span<byte> subQuants = quants.Slice(j * SubBlock, SubBlock);
            if (scale != 0)
                NearestQuants.Find<V>(x.Slice(j * SubBlock, SubBlock), scale, offset, 0, TPlain.Limit, subQuants);
            else
                Search(x, importance, j, subQuants, out _, out _);
        }

        TBlock.StoreQuants(quants, block);
    }
}
