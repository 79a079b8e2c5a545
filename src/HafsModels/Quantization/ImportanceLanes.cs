using System.Runtime.CompilerServices;
using HafsModels.Quantization.Lanes;

namespace HafsModels.Quantization;

/// <summary><see cref="Importance.Weights"/> for a few super-blocks at once.</summary>
internal static unsafe class ImportanceLanes
{
    private const int Elements = 256, AtOnce = 4;

    /// <summary>Computes the weights of up to four super-blocks of 256 elements.</summary>
    /// <param name="x">The numbers; whole super-blocks.</param>
    /// <param name="importance">The importance of each column of a row.</param>
    /// <param name="firstColumn">Column of the first number; later super-blocks may be in the next row.</param>
    /// <param name="factor">The mean square counts as factor · Σx² / divisor, in this order.</param>
    /// <param name="divisor">See <paramref name="factor"/>.</param>
    /// <param name="weights">Takes the weights.</param>
    [SkipLocalsInit]
    public static void WeighBlocks<V>(ReadOnlySpan<float> x, ReadOnlySpan<float> importance, int firstColumn, float factor, float divisor, Span<float> weights)
        where V : struct, ILanes<V>
    {
        float* meanSquares = stackalloc float[AtOnce];
        MeanSquares(x, factor, divisor, meanSquares);
        for (int block = 0; block < x.Length / Elements; block++)
        {
            V meanSquare = V.Create(meanSquares[block]);
            fixed (float* xs = x.Slice(block * Elements, Elements), ws = weights.Slice(block * Elements, Elements))
            fixed (float* columns = importance.Slice((firstColumn + block * Elements) % importance.Length, Elements))
            {
                for (int i = 0; i < Elements; i += V.Count)
                {
                    V value = V.Load(xs + i);
                    V.Store(V.Load(columns + i) * V.Sqrt(meanSquare + value * value), ws + i);
                }
            }
        }
    }

    // The sums must run from left to right, so the super-blocks' sums run side by side.
    [SkipLocalsInit]
    private static void MeanSquares(ReadOnlySpan<float> x, float factor, float divisor, float* meanSquares)
    {
        float* padded = stackalloc float[AtOnce * Elements], rows = stackalloc float[AtOnce * Elements];
        Span<float> source = new(padded, AtOnce * Elements);
        x.CopyTo(source);
        source[x.Length..].Clear();
        Transposition.ToLanes<Lanes4>(padded, Elements, rows, AtOnce);
        Lanes4 sum = Lanes4.Zero;
        for (int i = 0; i < Elements; i++)
        {
            Lanes4 value = Lanes4.Load(rows + i * AtOnce);
            sum += value * value;
        }

        Lanes4.Store(Lanes4.Create(factor) * sum / Lanes4.Create(divisor), meanSquares);
    }
}
