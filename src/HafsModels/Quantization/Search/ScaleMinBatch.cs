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

    private const int MostElements = Count * 32, CacheLine = 64;

    /// <summary>Scale of each sub-block.</summary>
    public fixed float Scales[Count];

    /// <summary>Offset of each sub-block.</summary>
    public fixed float Offsets[Count];

    /// <summary>Sum of the weights of each sub-block.</summary>
    public fixed float SumWeights[Count];

    /// <summary>One bit for each sub-block the scalar definition must search.</summary>
    public uint Failed;

    private fixed float elements[MostElements];
    private fixed float weights[MostElements];
    private fixed float rows[MostElements * 3 + Count * 16 + CacheLine / sizeof(float)];

    /// <summary>Searches up to thirty-two sub-blocks.</summary>
    /// <param name="x">Whole sub-blocks.</param>
    /// <param name="givenWeights">Their weights, or empty when the rule makes them.</param>
    public void Find<V, TRule>(ReadOnlySpan<float> x, ReadOnlySpan<float> givenWeights)
        where V : struct, ILanes<V>
        where TRule : struct, IScaleMinRule
    {
        Failed = 0;
        fixed (float* xs = elements, ws = weights, memory = rows, scales = Scales, offsets = Offsets, sumWeights = SumWeights)
        {
            Fill(x, new(xs, Count * TRule.Length));
            if (!givenWeights.IsEmpty)
                Fill(givenWeights, new(ws, Count * TRule.Length));
            float* groups = (float*)(((nint)memory + CacheLine - 1) & -CacheLine);
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

                Failed |= ScaleMinLanes<V, TRule>.Find(groups, scales + first, offsets + first, sumWeights + first) << first;
            }
        }
    }

    // Missing sub-blocks are zero, which is quickly found and never used.
    private static void Fill(ReadOnlySpan<float> source, Span<float> destination)
    {
        source.CopyTo(destination);
        destination[source.Length..].Clear();
    }
}
