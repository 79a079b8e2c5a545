using System.Runtime.CompilerServices;
using HafsModels.Quantization.Lanes;
using HafsModels.Quantization.Search;
using HafsModels.Tensors;

namespace HafsModels.Quantization;

/// <summary>
/// What the IQ2 and IQ3 types share: super-blocks of 256 elements, whose sub-blocks go through a <see cref="GridSearch"/> with their signs split off.
/// With one lane the scalar definition searches them, with more <see cref="GridLanes{V, TShape}"/> a batch of sub-blocks at once.
/// </summary>
/// <typeparam name="TShape">The shape of the grid.</typeparam>
/// <param name="type">The type.</param>
/// <param name="search">The search.</param>
/// <param name="subBlock">Elements of a sub-block: 16 or 32.</param>
/// <param name="signBits">Stored signs of eight elements: 8, or 7 when the number of minus signs is even.</param>
internal abstract class GridFormat<TShape>(GgmlType type, GridSearch search, int subBlock, int signBits) : BlockFormat(type)
    where TShape : struct, IGridShape
{
    private const int Elements = 256;

    private protected override void EncodeRow(ReadOnlySpan<float> row, ReadOnlySpan<float> importance, Span<byte> destination)
        => EncodeLanes<Lanes1>(row, row.Length, importance, destination);

    [SkipLocalsInit]
    private protected override unsafe void EncodeLanes<V>(ReadOnlySpan<float> rows, int rowLength, ReadOnlySpan<float> importance, Span<byte> destination)
    {
        Unsafe.SkipInit(out GridBatch batch);
        int subBlocks = Elements / subBlock, groups = subBlock / TShape.Dimensions, signs = subBlock / SignedGroups.Length;
        for (int first = 0; first < rows.Length; first += GridBatch.Count * subBlock)
        {
            ReadOnlySpan<float> x = rows.Slice(first, Math.Min(GridBatch.Count * subBlock, rows.Length - first));
            for (int i = 0; i < x.Length; i += Elements)
                Prepare(x.Slice(i, Elements), importance.IsEmpty ? default : importance.Slice((first + i) % rowLength, Elements), ref batch, i / subBlock);
            Start<V>(ref batch, x.Length / subBlock);
            batch.Find<V, TShape>(search, subBlock, x.Length / subBlock);

            for (int i = 0; i < x.Length; i += Elements, destination = destination[BlockBytes..])
            {
                int j = i / subBlock;
                Span<float> scales = new(batch.Scales + j, subBlocks);
                for (int k = j; k < j + subBlocks; k++)
                {
                    if (batch.Largest[k] != 0)
                        batch.Scales[k] = GridScales.MakePositive(batch.Scales[k], new(batch.Signs + k * signs, signs), (1 << signBits) - 1);
                }

                Span<byte> block = destination[..BlockBytes];
                block.Clear();
                Finish(scales, new(batch.Largest + j, subBlocks), new(batch.Indices + j * groups, subBlocks * groups), new(batch.Signs + j * signs, subBlocks * signs), block);
            }
        }
    }

    // Weighs the sub-blocks of a super-block and splits the signs off.
    private unsafe void Prepare(ReadOnlySpan<float> x, ReadOnlySpan<float> importance, ref GridBatch batch, int firstSubBlock)
    {
        int signs = subBlock / SignedGroups.Length;
        float sumOfSquares = Importance.SumOfSquares(x);
        fixed (GridBatch* into = &batch)
        {
            for (int j = 0; j < Elements / subBlock; j++)
            {
                int k = firstSubBlock + j;
                ReadOnlySpan<float> sub = x.Slice(j * subBlock, subBlock);
                Span<float> weights = new(into->Weights + k * subBlock, subBlock), magnitudes = new(into->Magnitudes + k * subBlock, subBlock);
                Span<byte> subSigns = new(into->Signs + k * signs, signs);
                Weigh(sub, importance.IsEmpty ? default : importance.Slice(j * subBlock, subBlock), sumOfSquares, weights);
                if (signBits == 8)
                    SignedGroups.Split(sub, magnitudes, subSigns);
                else
                    SignedGroups.SplitEven(sub, weights, magnitudes, subSigns);
            }
        }
    }

    // Signs and indices of empty sub-blocks become zero.
    private unsafe void Start<V>(ref GridBatch batch, int count)
        where V : struct, ILanes<V>
    {
        int groups = subBlock / TShape.Dimensions, signs = subBlock / SignedGroups.Length;
        StartBatch<V>(ref batch, count);
        for (int k = 0; k < count; k++)
        {
            if (batch.Largest[k] != 0)
                continue;
            batch.Scales[k] = 0;
            fixed (GridBatch* empty = &batch)
            {
                new Span<byte>(empty->Signs + k * signs, signs).Clear();
                new Span<ushort>(empty->Indices + k * groups, groups).Clear();
            }
        }
    }

    /// <summary>Gives the search of each sub-block its start.</summary>
    /// <param name="batch">Magnitudes and weights; takes what <see cref="Start"/> gives.</param>
    /// <param name="count">Sub-blocks.</param>
    private protected virtual void StartBatch<V>(ref GridBatch batch, int count)
        where V : struct, ILanes<V>
    {
        for (int k = 0; k < count; k++)
            StartOne(ref batch, k);
    }

    /// <summary>Gives the search of one sub-block its start, by the scalar definition.</summary>
    private protected unsafe void StartOne(ref GridBatch batch, int k)
    {
        fixed (GridBatch* one = &batch)
            one->Largest[k] = Start(new(one->Magnitudes + k * subBlock, subBlock), new(one->Weights + k * subBlock, subBlock), new(one->Quants + k * subBlock, subBlock), out one->Scales[k]);
    }

    /// <summary>Computes what a squared error costs at each element of a sub-block.</summary>
    /// <param name="x">The elements.</param>
    /// <param name="importance">Their importance, or empty.</param>
    /// <param name="sumOfSquares">Σx² of the super-block.</param>
    /// <param name="weights">Takes the weights.</param>
    private protected abstract void Weigh(ReadOnlySpan<float> x, ReadOnlySpan<float> importance, float sumOfSquares, Span<float> weights);

    /// <summary>Gives the search its start.</summary>
    /// <param name="magnitudes">Magnitudes of a sub-block.</param>
    /// <param name="weights">Their weights.</param>
    /// <param name="quants">Takes the coordinates if no candidate is better than none.</param>
    /// <param name="scale">Takes the scale in that case.</param>
    /// <returns>What the largest integer stands for; 0 when the sub-block counts as empty.</returns>
    private protected abstract float Start(ReadOnlySpan<float> magnitudes, ReadOnlySpan<float> weights, Span<byte> quants, out float scale);

    /// <summary>Quantizes the scales and lays out a super-block.</summary>
    /// <param name="scales">Scale of each sub-block.</param>
    /// <param name="largest">0 for each empty sub-block.</param>
    /// <param name="indices">Index of each group's point.</param>
    /// <param name="signs">Signs of each eight elements.</param>
    /// <param name="block">The block, cleared.</param>
    private protected abstract void Finish(ReadOnlySpan<float> scales, ReadOnlySpan<float> largest, ReadOnlySpan<ushort> indices, ReadOnlySpan<byte> signs, Span<byte> block);

    /// <summary>Starts with the largest magnitude at the largest integer.</summary>
    private protected static float StartWithLargest(Grid grid, float tiny, ReadOnlySpan<float> magnitudes, Span<byte> quants, out float scale)
    {
        float largest = SignedGroups.Largest(magnitudes);
        quants.Clear();
        scale = largest / (2 * grid.Levels - 1);
        return largest < tiny ? 0 : largest;
    }
}
