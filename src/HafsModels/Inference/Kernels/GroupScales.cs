using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace HafsModels.Inference.Kernels;

/// <summary>
/// The head of Q4_K and Q5_K blocks: two half-precision factors, then eight 6-bit scales and eight 6-bit offsets in twelve bytes. The first four
/// of each lie in the low six bits of bytes 0–3 and 4–7; the others have their low nibbles in bytes 8–11 (scales low, offsets high) and their
/// two upper bits above the first four's.
/// </summary>
internal static unsafe class GroupScales
{
    /// <summary>Unpacks and multiplies with the factors.</summary>
    /// <param name="block">First byte of a block.</param>
    /// <param name="scales">Eight scales.</param>
    /// <param name="offsets">Eight offsets.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Unpack(byte* block, out Vector256<float> scales, out Vector256<float> offsets)
    {
        UnpackIntegers(block, out ulong integerScales, out ulong integerOffsets);
        scales = Widen(integerScales) * Shorts.Half(block);
        offsets = Widen(integerOffsets) * Shorts.Half(block + 2);
    }

    /// <summary>Unpacks; the offsets are multiplied with their factor, the scales, a byte each, are not.</summary>
    /// <param name="block">First byte of a block.</param>
    /// <param name="scales">Eight scales.</param>
    /// <param name="offsets">Eight offsets.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Unpack(byte* block, out ulong scales, out Vector256<float> offsets)
    {
        UnpackIntegers(block, out scales, out ulong integerOffsets);
        offsets = Widen(integerOffsets) * Shorts.Half(block + 2);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void UnpackIntegers(byte* block, out ulong scales, out ulong offsets)
    {
        uint first = *(uint*)(block + 4), second = *(uint*)(block + 8), third = *(uint*)(block + 12);
        scales = (first & 0x3F3F3F3F) | ((ulong)((third & 0x0F0F0F0F) | ((first >> 2) & 0x30303030)) << 32);
        offsets = (second & 0x3F3F3F3F) | ((ulong)(((third >> 4) & 0x0F0F0F0F) | ((second >> 2) & 0x30303030)) << 32);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<float> Widen(ulong bytes)
    {
        if (Avx2.IsSupported)
            return Vector256.ConvertToSingle(Avx2.ConvertToVector256Int32(Vector128.CreateScalarUnsafe(bytes).AsByte()));
        Vector128<ushort> shorts = Vector128.WidenLower(Vector128.CreateScalarUnsafe(bytes).AsByte());
        return Vector256.ConvertToSingle(Vector256.Create(Vector128.WidenLower(shorts), Vector128.WidenUpper(shorts)).AsInt32());
    }
}
