using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.Arm;
using System.Runtime.Intrinsics.X86;

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
        Vector128<float> a = Vector128.Load(source), b = Vector128.Load(source + sourceStride);
        Vector128<float> c = Vector128.Load(source + 2 * sourceStride), d = Vector128.Load(source + 3 * sourceStride);
        Vector128<float> abLow = Zip(a, b, upper: false), abHigh = Zip(a, b, upper: true), cdLow = Zip(c, d, upper: false), cdHigh = Zip(c, d, upper: true);
        ZipPairs(abLow, cdLow, upper: false).Store(destination);
        ZipPairs(abLow, cdLow, upper: true).Store(destination + stride);
        ZipPairs(abHigh, cdHigh, upper: false).Store(destination + 2 * stride);
        ZipPairs(abHigh, cdHigh, upper: true).Store(destination + 3 * stride);
    }

    // a0 b0 a1 b1, or a2 b2 a3 b3.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<float> Zip(Vector128<float> a, Vector128<float> b, bool upper)
    {
        if (Sse.IsSupported)
            return upper ? Sse.UnpackHigh(a, b) : Sse.UnpackLow(a, b);
        if (AdvSimd.Arm64.IsSupported)
            return upper ? AdvSimd.Arm64.ZipHigh(a, b) : AdvSimd.Arm64.ZipLow(a, b);
        int first = upper ? 2 : 0;
        return Vector128.Create(a[first], b[first], a[first + 1], b[first + 1]);
    }

    // a0 a1 b0 b1, or a2 a3 b2 b3.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<float> ZipPairs(Vector128<float> a, Vector128<float> b, bool upper)
    {
        if (Sse.IsSupported)
            return upper ? Sse.MoveHighToLow(b, a) : Sse.MoveLowToHigh(a, b);
        if (AdvSimd.Arm64.IsSupported)
            return upper ? AdvSimd.Arm64.ZipHigh(a.AsDouble(), b.AsDouble()).AsSingle() : AdvSimd.Arm64.ZipLow(a.AsDouble(), b.AsDouble()).AsSingle();
        int first = upper ? 2 : 0;
        return Vector128.Create(a[first], a[first + 1], b[first], b[first + 1]);
    }
}
