using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using HafsModels.Tensors;

namespace HafsModels.Inference.Kernels;

/// <summary>Products of stored integers with 16-bit activations: sixteen at a time, summed pair by pair into eight 32-bit lanes.</summary>
internal static unsafe class Shorts
{
    /// <summary>Sixteen bytes as integers 0 to 255.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<short> Load(byte* bytes)
    {
        if (Avx2.IsSupported)
            return Avx2.ConvertToVector256Int16(bytes);
        (Vector128<ushort> lower, Vector128<ushort> upper) = Vector128.Widen(Vector128.Load(bytes));
        return Vector256.Create(lower, upper).AsInt16();
    }

    /// <summary>Sixteen signed bytes as integers −128 to 127.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<short> LoadSigned(byte* bytes)
    {
        if (Avx2.IsSupported)
            return Avx2.ConvertToVector256Int16((sbyte*)bytes);
        (Vector128<short> lower, Vector128<short> upper) = Vector128.Widen(Vector128.Load((sbyte*)bytes));
        return Vector256.Create(lower, upper);
    }

    /// <summary>Products with sixteen activations; neighbours summed.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<int> Multiply(Vector256<short> weights, short* activations) => Multiply(weights, Vector256.Load(activations));

    /// <summary>Products with sixteen activations; neighbours summed.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<int> Multiply(Vector256<short> weights, Vector256<short> vector)
    {
        if (Avx2.IsSupported)
            return Avx2.MultiplyAddAdjacent(weights, vector);
        return Vector256.Create(MultiplyPairs(weights.GetLower(), vector.GetLower()), MultiplyPairs(weights.GetUpper(), vector.GetUpper()));
    }

    /// <summary>Sum + integers × scale.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> AddScaled(Vector256<float> sum, Vector256<int> integers, float scale) =>
        Vector256.MultiplyAddEstimate(Vector256.ConvertToSingle(integers), Vector256.Create(scale), sum);

    /// <summary>One F16 number. Normal numbers take integer operations only, which run beside the vector units; the others are rare.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Half(byte* number)
    {
        uint bits = *(ushort*)number, magnitude = bits & 0x7FFF;
        return magnitude - 0x0400 < 0x7800
            ? BitConverter.UInt32BitsToSingle(((bits & 0x8000) << 16) | ((magnitude << 13) + 0x38000000))
            : HalfFloats.WidenF16((ushort)bits);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<int> MultiplyPairs(Vector128<short> a, Vector128<short> b)
    {
        Vector128<int> lower = Vector128.WidenLower(a) * Vector128.WidenLower(b), upper = Vector128.WidenUpper(a) * Vector128.WidenUpper(b);
        lower += Vector128.Shuffle(lower, Vector128.Create(1, 0, 3, 2));
        upper += Vector128.Shuffle(upper, Vector128.Create(1, 0, 3, 2));
        return Vector128.Create(
            Vector128.Shuffle(lower, Vector128.Create(0, 2, 0, 2)).GetLower(),
            Vector128.Shuffle(upper, Vector128.Create(0, 2, 0, 2)).GetLower());
    }
}
