using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace HafsModels.Tensors;

/// <summary>
/// Conversions between float and the two 16-bit formats, little-endian, bit for bit as ggml does them: F16 rounds to nearest even and turns every
/// NaN into 0x7E00 with its sign; BF16 rounds to nearest even and keeps a NaN's upper bits with the quiet bit set. Widening is exact. Rows go through 512-bit
/// vectors, which the JIT splits where the CPU has only narrower ones.
/// </summary>
public static class HalfFloats
{
    // Constants of the branch-free F16 conversions, as bits of floats.
    private const float TwoTo112 = 5.192296858534828e33f;
    private const float TwoToMinus110 = 7.703719777548943e-34f;
    private const float TwoToMinus112 = 1.925929944387236e-34f;
    private const uint SmallestHalfExponent = 0x71000000;
    private const uint ExponentRebias = 0x07800000;

    /// <summary>Widens F16 numbers.</summary>
    /// <param name="source">Two bytes a number.</param>
    /// <param name="destination">Takes <c>source.Length / 2</c> numbers.</param>
    public static void WidenF16(ReadOnlySpan<byte> source, Span<float> destination)
    {
        ReadOnlySpan<ushort> halves = Halves(source, destination.Length);
        int i = 0;
        for (; Vector128.IsHardwareAccelerated && i + Vector512<ushort>.Count <= halves.Length; i += Vector512<ushort>.Count)
        {
            (Vector512<uint> lower, Vector512<uint> upper) = Vector512.Widen(Vector512.Create(halves[i..]));
            WidenF16(lower).CopyTo(destination[i..]);
            WidenF16(upper).CopyTo(destination[(i + Vector512<uint>.Count)..]);
        }

        for (; i < halves.Length; i++)
            destination[i] = WidenF16(halves[i]);
    }

    /// <summary>Widens one F16 number given by its bits.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float WidenF16(ushort bits)
    {
        uint doubled = (uint)bits << 17;
        float normal = BitConverter.UInt32BitsToSingle((doubled >> 4) + 0x70000000) * TwoToMinus112;
        float subnormal = BitConverter.UInt32BitsToSingle((doubled >> 17) | 0x3F000000) - 0.5f;
        uint magnitude = BitConverter.SingleToUInt32Bits(doubled < 1u << 27 ? subnormal : normal);
        return BitConverter.UInt32BitsToSingle(((uint)bits & 0x8000) << 16 | magnitude);
    }

    /// <summary>Narrows numbers to F16.</summary>
    /// <param name="source">The numbers.</param>
    /// <param name="destination">Takes two bytes a number.</param>
    public static void NarrowF16(ReadOnlySpan<float> source, Span<byte> destination)
    {
        Span<ushort> halves = Halves(destination, source.Length);
        int i = 0;
        for (; Vector128.IsHardwareAccelerated && i + Vector512<ushort>.Count <= source.Length; i += Vector512<ushort>.Count)
        {
            Vector512<uint> lower = NarrowF16(Vector512.Create(source[i..]));
            Vector512<uint> upper = NarrowF16(Vector512.Create(source[(i + Vector512<uint>.Count)..]));
            Vector512.Narrow(lower, upper).CopyTo(halves[i..]);
        }

        for (; i < source.Length; i++)
            halves[i] = NarrowF16(source[i]);
    }

    /// <summary>Narrows one number to the bits of an F16.</summary>
    public static ushort NarrowF16(float value)
    {
        // Adding a power of two that puts F16's last place at the end of the significand makes the adder do the rounding.
        uint bits = BitConverter.SingleToUInt32Bits(value), doubled = bits + bits;
        float scaled = MathF.Abs(value) * TwoTo112 * TwoToMinus110;
        uint bias = Math.Max(doubled & 0xFF000000, SmallestHalfExponent);
        uint rounded = BitConverter.SingleToUInt32Bits(BitConverter.UInt32BitsToSingle((bias >> 1) + ExponentRebias) + scaled);
        uint magnitude = doubled > 0xFF000000 ? 0x7E00 : ((rounded >> 13) & 0x7C00) + (rounded & 0x0FFF);
        return (ushort)((bits & 0x80000000) >> 16 | magnitude);
    }

    /// <summary>Widens BF16 numbers.</summary>
    /// <param name="source">Two bytes a number.</param>
    /// <param name="destination">Takes <c>source.Length / 2</c> numbers.</param>
    public static void WidenBF16(ReadOnlySpan<byte> source, Span<float> destination)
    {
        ReadOnlySpan<ushort> halves = Halves(source, destination.Length);
        int i = 0;
        for (; Vector128.IsHardwareAccelerated && i + Vector512<ushort>.Count <= halves.Length; i += Vector512<ushort>.Count)
        {
            (Vector512<uint> lower, Vector512<uint> upper) = Vector512.Widen(Vector512.Create(halves[i..]));
            (lower << 16).AsSingle().CopyTo(destination[i..]);
            (upper << 16).AsSingle().CopyTo(destination[(i + Vector512<uint>.Count)..]);
        }

        for (; i < halves.Length; i++)
            destination[i] = WidenBF16(halves[i]);
    }

    /// <summary>Widens one BF16 number given by its bits.</summary>
    public static float WidenBF16(ushort bits) => BitConverter.UInt32BitsToSingle((uint)bits << 16);

    /// <summary>Narrows numbers to BF16.</summary>
    /// <param name="source">The numbers.</param>
    /// <param name="destination">Takes two bytes a number.</param>
    public static void NarrowBF16(ReadOnlySpan<float> source, Span<byte> destination)
    {
        Span<ushort> halves = Halves(destination, source.Length);
        int i = 0;
        for (; Vector128.IsHardwareAccelerated && i + Vector512<ushort>.Count <= source.Length; i += Vector512<ushort>.Count)
        {
            Vector512<uint> lower = NarrowBF16(Vector512.Create(source[i..]));
            Vector512<uint> upper = NarrowBF16(Vector512.Create(source[(i + Vector512<uint>.Count)..]));
            Vector512.Narrow(lower, upper).CopyTo(halves[i..]);
        }

        for (; i < source.Length; i++)
            halves[i] = NarrowBF16(source[i]);
    }

    /// <summary>Narrows one number to the bits of a BF16.</summary>
    public static ushort NarrowBF16(float value)
    {
        uint bits = BitConverter.SingleToUInt32Bits(value);
        return (ushort)((bits & 0x7FFFFFFF) > 0x7F800000
            ? bits >> 16 | 0x40
            : (bits + 0x7FFF + ((bits >> 16) & 1)) >> 16);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<float> WidenF16(Vector512<uint> bits)
    {
        Vector512<uint> doubled = bits << 17;
        Vector512<float> normal = ((doubled >>> 4) + Vector512.Create(0x70000000u)).AsSingle() * TwoToMinus112;
        Vector512<float> subnormal = ((doubled >>> 17) | Vector512.Create(0x3F000000u)).AsSingle() - Vector512.Create(0.5f);
        Vector512<uint> isSubnormal = Vector512.LessThan(doubled, Vector512.Create(1u << 27));
        Vector512<uint> magnitude = Vector512.ConditionalSelect(isSubnormal, subnormal.AsUInt32(), normal.AsUInt32());
        return (((bits & Vector512.Create(0x8000u)) << 16) | magnitude).AsSingle();
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<uint> NarrowF16(Vector512<float> value)
    {
        Vector512<uint> bits = value.AsUInt32(), doubled = bits + bits;
        Vector512<float> scaled = Vector512.Abs(value) * TwoTo112 * TwoToMinus110;
        Vector512<uint> bias = Vector512.Max(doubled & Vector512.Create(0xFF000000u), Vector512.Create(SmallestHalfExponent));
        Vector512<uint> rounded = (((bias >>> 1) + Vector512.Create(ExponentRebias)).AsSingle() + scaled).AsUInt32();
        Vector512<uint> finite = ((rounded >>> 13) & Vector512.Create(0x7C00u)) + (rounded & Vector512.Create(0x0FFFu));
        Vector512<uint> isNaN = Vector512.GreaterThan(doubled, Vector512.Create(0xFF000000u));
        return ((bits & Vector512.Create(0x80000000u)) >>> 16) | Vector512.ConditionalSelect(isNaN, Vector512.Create(0x7E00u), finite);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<uint> NarrowBF16(Vector512<float> value)
    {
        Vector512<uint> bits = value.AsUInt32();
        Vector512<uint> rounded = (bits + Vector512.Create(0x7FFFu) + ((bits >>> 16) & Vector512<uint>.One)) >>> 16;
        Vector512<uint> isNaN = Vector512.GreaterThan(bits & Vector512.Create(0x7FFFFFFFu), Vector512.Create(0x7F800000u));
        return Vector512.ConditionalSelect(isNaN, (bits >>> 16) | Vector512.Create(0x40u), rounded);
    }

    private static Span<ushort> Halves(Span<byte> bytes, int count)
    {
        if (bytes.Length / sizeof(ushort) != count)
            throw new ArgumentException($"{bytes.Length} bytes do not hold {count} 16-bit numbers");
        return MemoryMarshal.Cast<byte, ushort>(bytes);
    }

    private static ReadOnlySpan<ushort> Halves(ReadOnlySpan<byte> bytes, int count)
    {
        if (bytes.Length / sizeof(ushort) != count)
            throw new ArgumentException($"{bytes.Length} bytes do not hold {count} 16-bit numbers");
        return MemoryMarshal.Cast<byte, ushort>(bytes);
    }
}
