using System.Runtime.InteropServices;

namespace HafsModels.Tensors;

/// <summary>Turns stored numbers of a checkpoint, little-endian, into floats.</summary>
public static class ElementWidening
{
    private static readonly float[] E4M3 = Table(exponentBits: 4, mantissaBits: 3, hasInfinity: false);
    private static readonly float[] E5M2 = Table(exponentBits: 5, mantissaBits: 2, hasInfinity: true);

    /// <summary>Widens numbers of any floating-point type; F64 is rounded to nearest even.</summary>
    /// <param name="type">A type for which <see cref="ElementTypes.IsFloat"/> holds.</param>
    /// <param name="source">The stored numbers.</param>
    /// <param name="destination">Takes one float for each.</param>
    /// <exception cref="HafsException">The type is not a floating-point type.</exception>
    public static void Widen(ElementType type, ReadOnlySpan<byte> source, Span<float> destination)
    {
        switch (type)
        {
            case ElementType.F32:
                MemoryMarshal.Cast<byte, float>(source).CopyTo(destination);
                break;
            case ElementType.F16:
                HalfFloats.WidenF16(source, destination);
                break;
            case ElementType.BF16:
                HalfFloats.WidenBF16(source, destination);
                break;
            case ElementType.F64:
                WidenF64(source, destination);
                break;
            case ElementType.F8_E4M3:
                WidenF8(E4M3, source, destination);
                break;
            case ElementType.F8_E5M2:
                WidenF8(E5M2, source, destination);
                break;
            default:
                throw new HafsException(ErrorKind.Unsupported, "NotAFloatType", $"{type} numbers cannot be used as weights: they are not floating-point");
        }
    }

    private static void WidenF64(ReadOnlySpan<byte> source, Span<float> destination)
    {
        ReadOnlySpan<double> numbers = MemoryMarshal.Cast<byte, double>(source);
        for (int i = 0; i < numbers.Length; i++)
            destination[i] = (float)numbers[i];
    }

    private static void WidenF8(float[] table, ReadOnlySpan<byte> source, Span<float> destination)
    {
        for (int i = 0; i < source.Length; i++)
            destination[i] = table[source[i]];
    }

    // OCP 8-bit floating point specification 1.0: E4M3 gives up infinities (all ones is NaN), E5M2 follows IEEE 754.
    private static float[] Table(int exponentBits, int mantissaBits, bool hasInfinity)
    {
        int bias = (1 << (exponentBits - 1)) - 1, topExponent = (1 << exponentBits) - 1, mantissaMask = (1 << mantissaBits) - 1;
        float[] table = new float[256];
        for (int bits = 0; bits < table.Length; bits++)
        {
            int exponent = (bits >> mantissaBits) & topExponent, mantissa = bits & mantissaMask;
            bool isSpecial = exponent == topExponent && (hasInfinity || mantissa == mantissaMask);
            float magnitude = isSpecial ? (hasInfinity && mantissa == 0 ? float.PositiveInfinity : float.NaN)
                : exponent == 0 ? MathF.ScaleB(mantissa, 1 - bias - mantissaBits)
                : MathF.ScaleB(mantissa + (1 << mantissaBits), exponent - bias - mantissaBits);
            table[bits] = (bits & 0x80) != 0 ? -magnitude : magnitude;
        }

        return table;
    }
}
