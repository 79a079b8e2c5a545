using System.Runtime.CompilerServices;

namespace HafsModels.Inference;

/// <summary>
/// Buffers of activations on cache-line boundaries: a sixteen-lane load that crosses a line costs two, and every weight is multiplied with one.
/// </summary>
internal static class AlignedFloats
{
    private const int Line = 64;

    /// <summary>Allocates a buffer that the collector does not move.</summary>
    public static unsafe Memory<float> Allocate(int count)
    {
        float[] array = GC.AllocateArray<float>(count + (Line / sizeof(float)), pinned: true);
        nint beyond = (nint)Unsafe.AsPointer(ref array[0]) % Line;
        int skip = beyond == 0 ? 0 : (int)((Line - beyond) / sizeof(float));
        return array.AsMemory(skip, count);
    }
}
