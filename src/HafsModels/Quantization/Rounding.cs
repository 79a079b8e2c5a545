using System.Runtime.CompilerServices;

namespace HafsModels.Quantization;

/// <summary>The ways in which ggml turns floats into integers, including what its x86-64 builds do with numbers out of range.</summary>
internal static class Rounding
{
    private const float OneAndAHalfTimesTwoTo23 = 12582912f;

    /// <summary>Nearest integer, halves to even, for |value| below 2^22. Beyond that the result is whatever the bit trick gives, as in ggml.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int Nearest(float value)
        => (BitConverter.SingleToInt32Bits(value + OneAndAHalfTimesTwoTo23) & 0x007FFFFF) - 0x00400000;

    /// <summary><see cref="Nearest(float)"/>, then kept within bounds.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int Nearest(float value, int lowest, int highest) => Math.Max(lowest, Math.Min(highest, Nearest(value)));

    /// <summary>Nearest integer, halves away from zero (C's <c>roundf</c>).</summary>
    public static float HalfAway(float value) => MathF.Round(value, MidpointRounding.AwayFromZero);

    /// <summary>Cuts the fraction off; numbers that do not fit, and NaN, give the lowest integer, as x86 does (C# would saturate).</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int Truncate(float value) => value is > -2147483904f and < 2147483648f ? (int)value : int.MinValue;
}
