using System.Runtime.Intrinsics.X86;

namespace HafsModels.Quantization.Lanes;

/// <summary>Brings numbers into the first-level cache before they are needed.</summary>
internal static unsafe class CacheLines
{
    private const int Floats = 64 / sizeof(float);

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
