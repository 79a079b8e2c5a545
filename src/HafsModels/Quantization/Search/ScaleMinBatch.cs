using System.Runtime.CompilerServices;
using HafsModels.Quantization.Lanes;

namespace HafsModels.Quantization.Search;

/// <summary>
/// Thirty-two sub-blocks of at most 32 elements on their way through <see cref="ScaleMinLanes{V, TRule}"/>, whatever the number of lanes. About 24 KiB,
/// meant for the stack of a method that does not clear its locals.
/// </summary>
internal unsafe struct ScaleMinBatch
{
    /// <summary>Sub-blocks of a batch.</summary>
    public const int Count = 32;

    /// <summary>Vectors that the rows of a group of lanes, its candidates and the state of its search take at most.</summary>
    public const int GroupVectors = 128;

    private const int MostElements = Count * 32, MostBlocks = 4, MostSubBlocks = 16;

    /// <summary>Scale of each sub-block.</summary>
    public fixed float Scales[Count];

    /// <summary>Offset of each sub-block.</summary>
    public fixed float Offsets[Count];

    /// <summary>Sum of the weights of each sub-block.</summary>
    public fixed float SumWeights[Count];

    /// <summary>Inverse scale that the integers of the search came from; 0 where all elements are equal.</summary>
    public fixed float Inverses[Count];

    /// <summary>Minimum that was subtracted for them.</summary>
    public fixed float Minima[Count];

    /// <summary>Integers of the scales, after <see cref="QuantizeScales"/>.</summary>
    public fixed byte ScaleQuants[Count];

    /// <summary>Integers of the offsets, after <see cref="QuantizeScales"/>.</summary>
    public fixed byte OffsetQuants[Count];

    /// <summary>What a unit of each super-block's scales is worth, then of its offsets, after <see cref="QuantizeScales"/>.</summary>
    public fixed float Units[2 * MostBlocks];

    /// <summary>One bit for each sub-block the scalar definition must search.</summary>
    public uint Failed;

    private fixed float elements[MostElements];
    private fixed float weights[MostElements];
    private fixed float rows[GroupVectors * Count + CacheLines.Floats];

    /// <summary>Searches up to thirty-two sub-blocks.</summary>
    /// <param name="x">Whole sub-blocks.</param>
    /// <param name="givenWeights">Their weights, or empty when the rule makes them.</param>
    public void Find<V, TRule>(ReadOnlySpan<float> x, ReadOnlySpan<float> givenWeights)
        where V : struct, ILanes<V>
        where TRule : struct, IScaleMinRule
    {
        Failed = 0;
        fixed (float* given = x, weightsGiven = givenWeights, padded = elements, paddedWeights = weights, memory = rows, scales = Scales, offsets = Offsets)
        fixed (float* sumWeights = SumWeights, inverses = Inverses, minima = Minima)
        {
            bool isFull = x.Length == Count * TRule.Length;
            float* xs = isFull ? given : Pad(x, padded, Count * TRule.Length), ws = isFull ? weightsGiven : Pad(givenWeights, paddedWeights, Count * TRule.Length);
            float* groups = CacheLines.Align(memory);
            int stride = ScaleMinLanes<V, TRule>.Stride, length = TRule.Length;
            for (int first = 0; first < Count; first += 2 * V.Count)
            {
                for (int group = 0; group < 2; group++)
                {
                    float* rowsOfGroup = groups + group * ScaleMinLanes<V, TRule>.GroupFloats;
                    int element = (first + group * V.Count) * length;
                    Transposition.ToLanes<V>(xs + element, length, rowsOfGroup, stride);
                    if (!givenWeights.IsEmpty)
                        Transposition.ToLanes<V>(ws + element, length, rowsOfGroup + V.Count, stride);
                    else
                        TRule.Weigh<V>(rowsOfGroup, stride);
                }

                Failed |= ScaleMinLanes<V, TRule>.Find(groups, scales + first, offsets + first, sumWeights + first, inverses + first, minima + first) << first;
            }
        }
    }

    /// <summary>Quantizes the scales and offsets of super-blocks under the weights' sums (<see cref="PositiveScaleSearch"/>).</summary>
    /// <param name="subBlocks">Sub-blocks of a super-block.</param>
    /// <param name="limit">Largest integer.</param>
    [SkipLocalsInit]
    public void QuantizeScales<V>(int subBlocks, int limit)
        where V : struct, ILanes<V>
    {
        // Each super-block poses two problems with the same weights: its scales and its offsets.
        int blocks = Count / subBlocks, problems = 2 * blocks;
        float* numbers = stackalloc float[MostSubBlocks * 3 * V.Count], units = stackalloc float[V.Count];
        for (int first = 0; first < problems; first += V.Count)
        {
            for (int lane = 0; lane < V.Count; lane++)
            {
                int problem = first + lane, start = problem % blocks * subBlocks;
                for (int i = 0; i < subBlocks; i++)
                {
                    float* row = numbers + i * PositiveScaleLanes<V>.Stride + lane;
                    row[0] = problem < blocks ? Scales[start + i] : problem < problems ? Offsets[start + i] : 0;
                    row[V.Count] = SumWeights[start + i];
                }
            }

            uint failed = PositiveScaleLanes<V>.Find(numbers, subBlocks, limit, units);
            for (int lane = 0; lane < Math.Min(V.Count, problems - first); lane++)
            {
                int problem = first + lane, start = problem % blocks * subBlocks;
                fixed (byte* scaleQuants = ScaleQuants, offsetQuants = OffsetQuants)
                fixed (float* scales = Scales, offsets = Offsets, sumWeights = SumWeights)
                {
                    Span<byte> quants = new((problem < blocks ? scaleQuants : offsetQuants) + start, subBlocks);
                    if ((failed >> lane & 1) != 0)
                    {
                        ReadOnlySpan<float> values = new((problem < blocks ? scales : offsets) + start, subBlocks);
                        Units[problem] = PositiveScaleSearch.Find(values, new(sumWeights + start, subBlocks), limit, quants);
                        continue;
                    }

                    Units[problem] = units[lane];
                    for (int i = 0; i < subBlocks; i++)
                        quants[i] = (byte)numbers[i * PositiveScaleLanes<V>.Stride + 2 * V.Count + lane];
                }
            }
        }
    }

    // Missing sub-blocks are zero, which is quickly found and never used.
    private static float* Pad(ReadOnlySpan<float> source, float* padded, int length)
    {
        Span<float> destination = new(padded, length);
        source.CopyTo(destination);
        destination[source.Length..].Clear();
        return padded;
    }
}
