using System.Runtime.Intrinsics.X86;

namespace HafsModels.Quantization.Lanes;

/// <summary>Where numbers lie: at the start of lines of the cache, which vectors should not cross, and in the first-level cache before they are needed.</summary>
internal static unsafe class CacheLines
{
    /// <summary>Floats of a line.</summary>
    public const int Floats = Bytes / sizeof(float);

    private const int Bytes = 64;

    /// <summary>The first start of a line at or behind an address.</summary>
    public static float* Align(float* memory) => (float*)(((nint)memory + Bytes - 1) & -Bytes);

    /// <summary>Numbers that begin at the start of a line and stay where they are; their values are arbitrary.</summary>
    public static Memory<float> Allocate(int count)
    {
        float[] memory = GC.AllocateUninitializedArray<float>(checked(count + Floats), pinned: true);
        fixed (float* start = memory)
            return memory.AsMemory((int)(Align(start) - start), count);
    }

    /// <summary>Asks for the first numbers of what is left, while the ones before them are computed. Does nothing where the CPU takes no such advice.</summary>
    public static void Prefetch(ReadOnlySpan<float> rest, int count)
    {
        if (!Sse.IsSupported)
            return;
        fixed (float* x = rest)
        {
            for (int i = 0; i < Math.Min(count, rest.Length); i += Floats)
                Sse.Prefetch0(x + i);
        }
    }
}
