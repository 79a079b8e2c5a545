using HafsModels.Quantization.Lanes;

namespace HafsModels.Quantization.Search;

/// <summary>
/// Thirty-two sub-blocks of 32 elements on their way through <see cref="NonlinearLanes{V}"/>, whatever the number of lanes. About 12 KiB, meant for the stack
/// of a method that does not clear its locals.
/// </summary>
internal unsafe struct NonlinearBatch
{
    /// <summary>Sub-blocks of a batch.</summary>
    public const int Count = 32;

    private const int SubBlock = NonlinearFourBits.SubBlock;

    /// <summary>Scale of each sub-block.</summary>
    public fixed float Scales[Count];

    /// <summary>One bit for each sub-block the scalar definition must search.</summary>
    public uint Failed;

    private fixed float elements[Count * SubBlock];
    private fixed float weights[Count * SubBlock];
    private fixed float rows[2 * SubBlock * 16 + CacheLines.Floats];

    /// <summary>Finds the scales of up to thirty-two sub-blocks.</summary>
    public void FindScales<V>(ReadOnlySpan<float> x, ReadOnlySpan<float> givenWeights)
        where V : struct, ILanes<V>
    {
        Failed = 0;
        fixed (float* xs = elements, ws = weights, memory = rows, scales = Scales)
        {
            Fill(x, new(xs, Count * SubBlock));
            Fill(givenWeights, new(ws, Count * SubBlock));
            float* group = CacheLines.Align(memory);
            for (int first = 0; first < Count; first += V.Count)
            {
                Transposition.ToLanes<V>(xs + first * SubBlock, SubBlock, group, NonlinearLanes<V>.Stride);
                Transposition.ToLanes<V>(ws + first * SubBlock, SubBlock, group + V.Count, NonlinearLanes<V>.Stride);
                Failed |= NonlinearLanes<V>.FindScales(group, scales + first) << first;
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
