using System.Runtime.CompilerServices;
using HafsModels.Quantization.Lanes;
using HafsModels.Quantization.Search;

namespace HafsModels.Quantization;

/// <summary>
/// Q4_0, Q4_1, Q5_0 and Q5_1 under an importance matrix: importance × √(mean square of the row + x²) weighs each error, and the best scale (and minimum)
/// is searched. The integers are those of the search.
/// </summary>
internal static class WeightedBlocks<TBlock>
    where TBlock : struct, IPlainBlock
{
    private const int Elements = 32, RowsAtOnce = 4;

    private static int Half
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => 1 << TBlock.Bits - 1;
    }

    /// <summary>The scalar definition without a minimum: x ≈ d·(q − half), one row.</summary>
    public static void EncodeScales(ReadOnlySpan<float> row, ReadOnlySpan<float> importance, Span<byte> destination)
    {
        float meanSquare = Importance.SumOfSquares(row) / row.Length;
        for (int i = 0; i < row.Length; i += Elements, destination = destination[TBlock.Bytes..])
            EncodeScale(row.Slice(i, Elements), importance.Slice(i, Elements), meanSquare, destination);
    }

    private static void EncodeScale(ReadOnlySpan<float> x, ReadOnlySpan<float> importance, float meanSquare, Span<byte> block)
    {
        Span<float> weights = stackalloc float[Elements];
        Span<byte> quants = stackalloc byte[Elements];
        Importance.Weights(x, importance, meanSquare, weights);
        TBlock.Store(ScaleSearch.Find(x, weights, Half, quants), 0, quants, block);
    }

    /// <summary>The scalar definition with a minimum: x ≈ d·q + m, one row.</summary>
    public static void EncodeScalesAndMinima<TRule>(ReadOnlySpan<float> row, ReadOnlySpan<float> importance, Span<byte> destination)
        where TRule : struct, IScaleMinRule
    {
        float meanSquare = Importance.SumOfSquares(row) / row.Length;
        for (int i = 0; i < row.Length; i += Elements, destination = destination[TBlock.Bytes..])
            EncodeScaleAndMinimum<TRule>(row.Slice(i, Elements), importance.Slice(i, Elements), meanSquare, destination);
    }

    private static void EncodeScaleAndMinimum<TRule>(ReadOnlySpan<float> x, ReadOnlySpan<float> importance, float meanSquare, Span<byte> block)
        where TRule : struct, IScaleMinRule
    {
        Span<float> weights = stackalloc float[Elements];
        Span<byte> quants = stackalloc byte[Elements];
        Importance.Weights(x, importance, meanSquare, weights);
        float d = ScaleMinSearch.Find<TRule>(x, weights, quants, out float offset);
        TBlock.Store(d, -offset, quants, block);
    }

    /// <summary>The vector kernel without a minimum: thirty-two blocks are searched at once.</summary>
    [SkipLocalsInit]
    public static unsafe void EncodeScales<V>(ReadOnlySpan<float> rows, int rowLength, ReadOnlySpan<float> importance, Span<byte> destination)
        where V : struct, ILanes<V>
    {
        Unsafe.SkipInit(out ScaleBatch batch);
        Span<float> weights = stackalloc float[ScaleBatch.Count * Elements], meanSquares = stackalloc float[RowsAtOnce];
        Span<byte> quants = stackalloc byte[Elements];
        for (; !rows.IsEmpty; rows = rows[Math.Min(rows.Length, RowsAtOnce * rowLength)..])
        {
            ReadOnlySpan<float> some = rows[..Math.Min(rows.Length, RowsAtOnce * rowLength)];
            Importance.MeanSquares(some, rowLength, meanSquares);
            for (int first = 0; first < some.Length; first += weights.Length)
            {
                ReadOnlySpan<float> x = some.Slice(first, Math.Min(weights.Length, some.Length - first));
                Weigh<V>(x, first, rowLength, importance, meanSquares, weights);
                batch.Find<V, Rule>(x, weights[..x.Length]);
                for (int j = 0; j < x.Length / Elements; j++, destination = destination[TBlock.Bytes..])
                {
                    ReadOnlySpan<float> block = x.Slice(j * Elements, Elements);
                    int at = first + j * Elements;
                    if ((batch.Failed >> j & 1) != 0)
                    {
                        EncodeScale(block, importance.Slice(at % rowLength, Elements), meanSquares[at / rowLength], destination);
                        continue;
                    }

                    // Zeros keep q = 0, not the middle.
                    if (batch.Inverses[j] == 0)
                        quants.Clear();
                    else
                        NearestQuants.FindByInverse<V>(block, batch.Inverses[j], 0, -Half, Half - 1, quants);
                    TBlock.Store(batch.Scales[j], 0, quants, destination);
                }
            }
        }
    }

    /// <summary>The vector kernel with a minimum: thirty-two blocks are searched at once.</summary>
    [SkipLocalsInit]
    public static unsafe void EncodeScalesAndMinima<V, TRule>(ReadOnlySpan<float> rows, int rowLength, ReadOnlySpan<float> importance, Span<byte> destination)
        where V : struct, ILanes<V>
        where TRule : struct, IScaleMinRule
    {
        Unsafe.SkipInit(out ScaleMinBatch batch);
        Span<float> weights = stackalloc float[ScaleMinBatch.Count * Elements], meanSquares = stackalloc float[RowsAtOnce];
        Span<byte> quants = stackalloc byte[Elements];
        for (; !rows.IsEmpty; rows = rows[Math.Min(rows.Length, RowsAtOnce * rowLength)..])
        {
            ReadOnlySpan<float> some = rows[..Math.Min(rows.Length, RowsAtOnce * rowLength)];
            Importance.MeanSquares(some, rowLength, meanSquares);
            for (int first = 0; first < some.Length; first += weights.Length)
            {
                ReadOnlySpan<float> x = some.Slice(first, Math.Min(weights.Length, some.Length - first));
                Weigh<V>(x, first, rowLength, importance, meanSquares, weights);
                batch.Find<V, TRule>(x, weights[..x.Length]);
                for (int j = 0; j < x.Length / Elements; j++, destination = destination[TBlock.Bytes..])
                {
                    ReadOnlySpan<float> block = x.Slice(j * Elements, Elements);
                    int at = first + j * Elements;
                    if ((batch.Failed >> j & 1) != 0)
                    {
                        EncodeScaleAndMinimum<TRule>(block, importance.Slice(at % rowLength, Elements), meanSquares[at / rowLength], destination);
                        continue;
                    }

                    NearestQuants.FindByInverse<V>(block, batch.Inverses[j], batch.Minima[j], 0, TRule.Limit, quants);
                    TBlock.Store(batch.Scales[j], -batch.Offsets[j], quants, destination);
                }
            }
        }
    }

    // x starts at an element of some rows, whose mean squares are given; every block lies in one row.
    private static unsafe void Weigh<V>(ReadOnlySpan<float> x, int first, int rowLength, ReadOnlySpan<float> importance, ReadOnlySpan<float> meanSquares, Span<float> weights)
        where V : struct, ILanes<V>
    {
        for (int i = 0; i < x.Length; i += Elements)
        {
            V meanSquare = V.Create(meanSquares[(first + i) / rowLength]);
            fixed (float* xs = x.Slice(i, Elements), columns = importance.Slice((first + i) % rowLength, Elements), ws = weights.Slice(i, Elements))
            {
                for (int k = 0; k < Elements; k += V.Count)
                {
                    V value = V.Load(xs + k);
                    V.Store(V.Load(columns + k) * V.Sqrt(meanSquare + value * value), ws + k);
                }
            }
        }
    }

    private readonly struct Rule : IScaleRule
    {
        public static int Length => Elements;
        public static int Limit => Half;
    }
}
