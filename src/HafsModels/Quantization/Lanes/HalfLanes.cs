using System.Runtime.CompilerServices;
using HafsModels.Tensors;

namespace HafsModels.Quantization.Lanes;

/// <summary><see cref="HalfFloats.NarrowF16(float)"/> in every lane.</summary>
internal static class HalfLanes
{
    /// <summary>Bits of the F16 nearest to each number, as integers.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V Narrow<V>(V value)
        where V : struct, ILanes<V>
    {
        V doubled = V.AddBits(value, value), topByte = V.CreateBits(unchecked((int)0xFF000000));
        V scaled = V.Abs(value) * V.CreateBits(0x77800000) * V.CreateBits(0x08800000);
        V bias = V.MaxUnsignedBits(doubled & topByte, V.CreateBits(0x71000000));
        V rounded = V.AddBits(V.ShiftRightUnsignedBits(bias, 1), V.CreateBits(0x07800000)) + scaled;
        V finite = V.AddBits(V.ShiftRightUnsignedBits(rounded, 13) & V.CreateBits(0x7C00), rounded & V.CreateBits(0x0FFF));
        V sign = V.ShiftRightUnsignedBits(value & V.CreateBits(int.MinValue), 16);
        return sign | V.Select(V.Equal(value, value), finite, V.CreateBits(0x7E00));
    }

    /// <summary>The numbers of F16 bits, which are integers; NaN becomes an infinity.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V Widen<V>(V bits)
        where V : struct, ILanes<V>
    {
        V magnitude = V.ShiftLeftBits(bits & V.CreateBits(0x7FFF), 13) * V.CreateBits(0x77800000);
        V finite = V.LessThan(magnitude, V.Create(65536)), sign = V.ShiftLeftBits(bits & V.CreateBits(0x8000), 16);
        return sign | V.Select(finite, magnitude, V.Create(float.PositiveInfinity));
    }
}
