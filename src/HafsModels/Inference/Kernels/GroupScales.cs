using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace HafsModels.Inference.Kernels;

/// <summary>
/// The head of Q4_K and Q5_K blocks: two half-precision factors, then eight 6-bit scales and eight 6-bit offsets in twelve bytes. The first four
/// of each lie in the low six bits of bytes 0–3 and 4–7; the others have their low nibbles in bytes 8–11 (scales low, offsets high) and their
/// two upper bits above the first four's.
/// </summary>
internal static unsafe class GroupScales
{
    /// <summary>Unpacks and multiplies with the factors: eight scales, then eight offsets.</summary>
    /// <param name="block">First byte of a block.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Unpack(byte* block)
    {
        uint first = *(uint*)(block + 4), second = *(uint*)(block + 8), third = *(uint*)(block + 12);
        ulong scales = (first & 0x3F3F3F3F) | ((ulong)((third & 0x0F0F0F0F) | ((first >> 2) & 0x30303030)) << 32);
        ulong offsets = (second & 0x3F3F3F3F) | ((ulong)(((third >> 4) & 0x0F0F0F0F) | ((second >> 2) & 0x30303030)) << 32);
        Vector512<float> factors = Vector512.Create(
            Vector256.Create(Lanes.WidenF16(*(ushort*)block).ToScalar()),
            Vector256.Create(Lanes.WidenF16(*(ushort*)(block + 2)).ToScalar()));
        return Vector512.ConvertToSingle(Lanes.WidenBytes(Vector128.Create(scales, offsets).AsByte())) * factors;
    }

    /// <summary>Each of eight numbers twice: groups of 32 elements against sums of 16.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Twice(Vector256<float> numbers)
    {
        Vector256<float> ordered = Vector256.Shuffle(numbers, Vector256.Create(0, 0, 1, 1, 2, 2, 3, 3));
        return Vector512.Create(ordered, Vector256.Shuffle(numbers, Vector256.Create(4, 4, 5, 5, 6, 6, 7, 7)));
    }
}
