using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace HafsModels.Inference.Kernels;

/// <summary>F16: IEEE 754 binary16.</summary>
internal readonly struct F16Unpacking : IUnpacking
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
            sink.TakeOne(i, (float)BitConverter.UInt16BitsToHalf(halves[i]));
        return sink;
    }

    /// <summary>
    /// Exponent and fraction are moved to a float's place and the exponent's bias is corrected by a multiplication with 2^112, which also
    /// makes normal numbers of subnormal ones; infinities and NaN get their exponent back by an OR.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<float> Widen(Vector256<ushort> halves)
    {
        Vector512<uint> bits = Vector512.Create(Vector256.WidenLower(halves), Vector256.WidenUpper(halves));
        Vector512<uint> sign = (bits & Vector512.Create(0x8000u)) << 16;
        Vector512<uint> rest = bits & Vector512.Create(0x7FFFu);
        Vector512<uint> number = ((rest << 13).AsSingle() * Vector512.Create(5.192296858534828e33f)).AsUInt32();
        Vector512<uint> special = Vector512.GreaterThan(rest.AsInt32(), Vector512.Create(0x7BFF)).AsUInt32() & Vector512.Create(0x7F800000u);
        return (number | sign | special).AsSingle();
    }
}
