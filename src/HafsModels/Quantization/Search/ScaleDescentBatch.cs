using System.Numerics;
using System.Runtime.CompilerServices;
using HafsModels.Quantization.Lanes;

namespace HafsModels.Quantization.Search;

/// <summary>
/// Sub-blocks of sixteen elements on their way through <see cref="ScaleDescentLanes{V}"/>: those that <see cref="ScaleDescentLanes{V}.Settle"/> does not settle
/// are moved together, so that the search has all its lanes busy.
/// </summary>
internal static unsafe class ScaleDescentBatch
{
    private const int Length = 16, MostAtOnce = 64;

    /// <summary>Searches a multiple of sixteen sub-blocks.</summary>
    /// <param name="x">The sub-blocks.</param>
    /// <param name="scales">Takes the scales; NaN for a sub-block that the scalar definition must search.</param>
    [SkipLocalsInit]
    public static void Find<V>(ReadOnlySpan<float> x, Span<float> scales)
        where V : struct, ILanes<V>
    {
        float* moved = stackalloc float[MostAtOnce * Length], memory = stackalloc float[ScaleDescentLanes<V>.Groups * ScaleDescentLanes<V>.GroupFloats + CacheLines.Floats];
        float* rows = CacheLines.Align(memory);
        int* places = stackalloc int[MostAtOnce];
        int count = 0, atOnce = ScaleDescentLanes<V>.Groups * V.Count;
        fixed (float* elements = x, found = scales)
        {
            for (int first = 0; first < scales.Length; first += V.Count)
            {
                CacheLines.Prefetch(x[Math.Min(x.Length, (first + 2 * V.Count) * Length)..], V.Count * Length);
                Transposition.ToLanes<V>(elements + first * Length, Length, rows, ScaleDescentLanes<V>.Stride);
                for (uint unsettled = ScaleDescentLanes<V>.Settle(rows, found + first); unsettled != 0; unsettled &= unsettled - 1)
                {
                    int place = first + BitOperations.TrailingZeroCount(unsettled);
                    x.Slice(place * Length, Length).CopyTo(new(moved + count * Length, Length));
                    places[count++] = place;
                    if (count == atOnce)
                    {
                        Descend<V>(moved, places, count, rows, found);
                        count = 0;
                    }
                }
            }

            if (count > 0)
            {
                // Lanes left over repeat the first sub-block, as zeros would fail.
                for (int i = count; i < atOnce; i++)
                    new Span<float>(moved, Length).CopyTo(new(moved + i * Length, Length));
                Descend<V>(moved, places, count, rows, found);
            }
        }
    }

    private static void Descend<V>(float* moved, int* places, int count, float* rows, float* scales)
        where V : struct, ILanes<V>
    {
        float* found = stackalloc float[MostAtOnce];
        for (int group = 0; group < ScaleDescentLanes<V>.Groups; group++)
            Transposition.ToLanes<V>(moved + group * V.Count * Length, Length, rows + group * ScaleDescentLanes<V>.GroupFloats, ScaleDescentLanes<V>.Stride);
        ulong failed = ScaleDescentLanes<V>.Find(rows, found);
        for (int i = 0; i < count; i++)
            scales[places[i]] = (failed >> i & 1) != 0 ? float.NaN : found[i];
    }
}
