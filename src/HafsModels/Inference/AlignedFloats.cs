using HafsModels.Quantization.Lanes;

namespace HafsModels.Inference;

/// <summary>
/// Buffers of activations on cache-line boundaries: a sixteen-lane load that crosses a line costs two, and every weight is multiplied with one.
/// </summary>
internal static class AlignedFloats
{
    /// <summary>Allocates a buffer of zeros that the collector does not move.</summary>
    public static Memory<float> Allocate(int count)
    {
        Memory<float> floats = CacheLines.Allocate(count);
        floats.Span.Clear();
        return floats;
    }
}
