using System.Runtime.Intrinsics;

namespace HafsModels.Quantization;

/// <summary>
/// Small integers packed into bytes by planes: with n packed bytes, byte i holds elements i, i + n, i + 2n, … from the lowest bits up. In every format n is
/// a multiple of 16, the length of the vectors used here.
/// </summary>
internal static class BitPlanes
{
    private static int Step => Vector128<byte>.Count;

    /// <summary>Packs two 4-bit integers into each byte; wider ones spill into the upper half.</summary>
    public static void PackHalves(ReadOnlySpan<byte> quants, Span<byte> packed)
    {
        int n = quants.Length / 2;
        for (int i = 0; i < n; i += Step)
            (Plane(quants, i, 0, n) | Plane(quants, i, 1, n) << 4).CopyTo(packed[i..]);
    }

    /// <summary>Undoes <see cref="PackHalves"/>.</summary>
    public static void UnpackHalves(ReadOnlySpan<byte> packed, Span<byte> quants)
    {
        int n = quants.Length / 2;
        for (int i = 0; i < n; i += Step)
        {
            Vector128<byte> bytes = Vector128.Create(packed[i..]);
            (bytes & Vector128.Create((byte)15)).CopyTo(quants[i..]);
            (bytes >>> 4).CopyTo(quants[(i + n)..]);
        }
    }

    /// <summary>Packs four 2-bit integers into each byte.</summary>
    public static void PackQuarters(ReadOnlySpan<byte> quants, Span<byte> packed)
    {
        int n = quants.Length / 4;
        for (int i = 0; i < n; i += Step)
            (Plane(quants, i, 0, n) | Plane(quants, i, 1, n) << 2 | Plane(quants, i, 2, n) << 4 | Plane(quants, i, 3, n) << 6).CopyTo(packed[i..]);
    }

    /// <summary>Undoes <see cref="PackQuarters"/>.</summary>
    public static void UnpackQuarters(ReadOnlySpan<byte> packed, Span<byte> quants)
    {
        int n = quants.Length / 4;
        for (int i = 0; i < n; i += Step)
        {
            for (int plane = 0; plane < 4; plane++)
                (Vector128.Create(packed[i..]) >>> 2 * plane & Vector128.Create((byte)3)).CopyTo(quants[(i + plane * n)..]);
        }
    }

    /// <summary>Packs bit number <paramref name="bit"/> of each integer, eight to a byte, and clears it and all above.</summary>
    public static void TakeBits(Span<byte> quants, int bit, Span<byte> packed)
    {
        int n = quants.Length / 8;
        Vector128<byte> one = Vector128.Create((byte)1), below = Vector128.Create((byte)((1 << bit) - 1));
        for (int i = 0; i < n; i += Step)
        {
            Vector128<byte> bits = default;
            for (int plane = 7; plane >= 0; plane--)
            {
                Vector128<byte> integers = Plane(quants, i, plane, n);
                bits = bits + bits | integers >>> bit & one;
                (integers & below).CopyTo(quants[(i + plane * n)..]);
            }

            bits.CopyTo(packed[i..]);
        }
    }

    /// <summary>Undoes <see cref="TakeBits"/>.</summary>
    public static void AddBits(ReadOnlySpan<byte> packed, int bit, Span<byte> quants)
    {
        int n = quants.Length / 8;
        for (int i = 0; i < n; i += Step)
        {
            for (int plane = 0; plane < 8; plane++)
            {
                Vector128<byte> bits = Vector128.Create(packed[i..]) >>> plane & Vector128.Create((byte)1);
                (Plane(quants, i, plane, n) | bits << bit).CopyTo(quants[(i + plane * n)..]);
            }
        }
    }

    /// <summary>Packs the lower four bits of 6-bit integers as <see cref="PackHalves"/> does, and the upper two as <see cref="PackQuarters"/>.</summary>
    public static void PackSixBits(ReadOnlySpan<byte> quants, Span<byte> low, Span<byte> high)
    {
        int n = quants.Length / 4;
        Vector128<byte> lowest = Vector128.Create((byte)15);
        for (int i = 0; i < n; i += Step)
        {
            Vector128<byte> a = Plane(quants, i, 0, n), b = Plane(quants, i, 1, n), c = Plane(quants, i, 2, n), d = Plane(quants, i, 3, n);
            (a & lowest | c << 4).CopyTo(low[i..]);
            (b & lowest | d << 4).CopyTo(low[(i + n)..]);
            (a >>> 4 | b >>> 4 << 2 | c >>> 4 << 4 | d >>> 4 << 6).CopyTo(high[i..]);
        }
    }

    private static Vector128<byte> Plane(ReadOnlySpan<byte> quants, int i, int plane, int n) => Vector128.Create(quants[(i + plane * n)..]);
}
