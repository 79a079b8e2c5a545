using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace HafsModels.Inference.Kernels;

/// <summary>BF16: the upper half of a float.</summary>
internal readonly struct BF16Unpacking : IUnpacking
{
    /// <inheritdoc/>
    public static unsafe TSink Unpack<TSink>(byte* row, int count, TSink sink)
        where TSink : struct, ILaneSink
    {
        var halves = (ushort*)row;
        int i = 0;
        for (; i <= count - 32; i += 32)
        {
            sink.Take(i, Widen(Vector256.Load(halves + i)));
            sink.TakeOther(i + 16, Widen(Vector256.Load(halves + i + 16)));
        }

        for (; i < count; i++)
            sink.TakeOne(i, BitConverter.UInt32BitsToSingle((uint)halves[i] << 16));
        return sink;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<float> Widen(Vector256<ushort> halves) =>
        (Vector512.Create(Vector256.WidenLower(halves), Vector256.WidenUpper(halves)) << 16).AsSingle();
}
