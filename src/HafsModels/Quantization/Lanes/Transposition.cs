using System.Runtime.CompilerServices;

namespace HafsModels.Quantization.Lanes;

/// <summary>Turns sub-blocks, which lie one after the other, into rows that hold element i of each: one sub-block a lane.</summary>
internal static unsafe class Transposition
{
    /// <summary>Transposes the sub-blocks of one group of lanes.</summary>
    /// <param name="source"><c>V.Count</c> sub-blocks of <paramref name="length"/> floats; the length is a multiple of 4.</param>
    /// <param name="length">Floats of a sub-block.</param>
    /// <param name="rows">Takes <paramref name="length"/> rows of <c>V.Count</c> floats.</param>
    /// <param name="stride">Floats from one row to the next.</param>
    public static void ToLanes<V>(float* source, int length, float* rows, int stride)
        where V : struct, ILanes<V>
    {
        if (V.Count == 1)
        {
            for (int i = 0; i < length; i++)
                rows[i * stride] = source[i];
            return;
        }

        for (int lane = 0; lane < V.Count; lane += 4)
        {
            for (int i = 0; i < length; i += 4)
                Transpose(source + lane * length + i, length, rows + i * stride + lane, stride);
        }
    }

    // Four rows of four.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Transpose(float* source, int sourceStride, float* destination, int stride)
    {
        Lanes4 a = Lanes4.Load(source), b = Lanes4.Load(source + sourceStride), c = Lanes4.Load(source + 2 * sourceStride), d = Lanes4.Load(source + 3 * sourceStride);
        Lanes4 abLow = Lanes4.ZipLower(a, b), abHigh = Lanes4.ZipUpper(a, b), cdLow = Lanes4.ZipLower(c, d), cdHigh = Lanes4.ZipUpper(c, d);
        Lanes4.Store(Lanes4.ZipPairsLower(abLow, cdLow), destination);
        Lanes4.Store(Lanes4.ZipPairsUpper(abLow, cdLow), destination + stride);
        Lanes4.Store(Lanes4.ZipPairsLower(abHigh, cdHigh), destination + 2 * stride);
        Lanes4.Store(Lanes4.ZipPairsUpper(abHigh, cdHigh), destination + 3 * stride);
    }
}
