using HafsModels.Quantization.Lanes;

namespace HafsModels.Quantization.Search;

/// <summary>
/// Thirty-two sub-blocks of at most 32 elements on their way through <see cref="ScaleLanes{V, TRule}"/>, whatever the number of lanes. About 16 KiB,
/// meant for the stack of a method that does not clear its locals.
/// </summary>
internal unsafe struct ScaleBatch
{
    /// <summary>Sub-blocks of a batch.</summary>
    public const int Count = 32;

    private const int MostElements = Count * 32;

    /// <summary>Scale of each sub-block.</summary>
    public fixed float Scales[Count];

    /// <summary>Inverse scale that the integers of the search came from.</summary>
    public fixed float Inverses[Count];

    /// <summary>One bit for each sub-block the scalar definition must search.</summary>
    public uint Failed;

    private fixed float elements[MostElements];
    private fixed float weights[MostElements];
    private fixed float rows[(32 * 3 + 8) * 16 + CacheLines.Floats];

    /// <summary>Searches up to thirty-two sub-blocks.</summary>
    /// <param name="x">Whole sub-blocks.</param>
    /// <param name="givenWeights">Their weights, or empty when they are the squares.</param>
    public void Find<V, TRule>(ReadOnlySpan<float> x, ReadOnlySpan<float> givenWeights)
        where V : struct, ILanes<V>
        where TRule : struct, IScaleRule
    {
        Failed = 0;
        bool isWeighted = !givenWeights.IsEmpty;
        fixed (float* given = x, weightsGiven = givenWeights, padded = elements, paddedWeights = weights, memory = rows, scales = Scales, inverses = Inverses)
        {
            bool isFull = x.Length == Count * TRule.Length;
            float* xs = isFull ? given : Pad(x, padded, Count * TRule.Length), ws = isFull ? weightsGiven : Pad(givenWeights, paddedWeights, Count * TRule.Length);
            float* group = CacheLines.Align(memory);
            int stride = ScaleLanes<V, TRule>.Stride;
            for (int first = 0; first < Count; first += V.Count)
            {
                Transposition.ToLanes<V>(xs + first * TRule.Length, TRule.Length, group, stride);
                if (isWeighted)
                    Transposition.ToLanes<V>(ws + first * TRule.Length, TRule.Length, group + V.Count, stride);
                Failed |= ScaleLanes<V, TRule>.Find(group, isWeighted, scales + first, inverses + first) << first;
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
