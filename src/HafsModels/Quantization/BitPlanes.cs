namespace HafsModels.Quantization;

/// <summary>
/// Small integers packed into bytes by planes: with n packed bytes, byte i holds elements i, i + n, i + 2n, … from the lowest bits up.
/// </summary>
internal static class BitPlanes
{
    /// <summary>Packs two 4-bit integers into each byte; wider ones spill into the upper half.</summary>
    public static void PackHalves(ReadOnlySpan<byte> quants, Span<byte> packed)
    {
        int n = quants.Length / 2;
        for (int i = 0; i < n; i++)
            packed[i] = (byte)(quants[i] | quants[i + n] << 4);
    }

    /// <summary>Undoes <see cref="PackHalves"/>.</summary>
    public static void UnpackHalves(ReadOnlySpan<byte> packed, Span<byte> quants)
    {
        int n = quants.Length / 2;
        for (int i = 0; i < n; i++)
        {
            quants[i] = (byte)(packed[i] & 15);
            quants[i + n] = (byte)(packed[i] >> 4);
        }
    }

    /// <summary>Packs four 2-bit integers into each byte.</summary>
    public static void PackQuarters(ReadOnlySpan<byte> quants, Span<byte> packed)
    {
        int n = quants.Length / 4;
        for (int i = 0; i < n; i++)
            packed[i] = (byte)(quants[i] | quants[i + n] << 2 | quants[i + 2 * n] << 4 | quants[i + 3 * n] << 6);
    }

    /// <summary>Undoes <see cref="PackQuarters"/>.</summary>
    public static void UnpackQuarters(ReadOnlySpan<byte> packed, Span<byte> quants)
    {
        int n = quants.Length / 4;
        for (int i = 0; i < n; i++)
        {
            for (int plane = 0; plane < 4; plane++)
                quants[i + plane * n] = (byte)(packed[i] >> 2 * plane & 3);
        }
    }

    /// <summary>Packs bit number <paramref name="bit"/> of each integer, eight to a byte.</summary>
    public static void PackBits(ReadOnlySpan<byte> quants, int bit, Span<byte> packed)
    {
        int n = quants.Length / 8;
        for (int i = 0; i < n; i++)
        {
            int eight = 0;
            for (int plane = 0; plane < 8; plane++)
                eight |= (quants[i + plane * n] >> bit & 1) << plane;
            packed[i] = (byte)eight;
        }
    }

    /// <summary>Adds the bits packed by <see cref="PackBits"/> to integers that lack them.</summary>
    public static void AddBits(ReadOnlySpan<byte> packed, int bit, Span<byte> quants)
    {
        int n = quants.Length / 8;
        for (int i = 0; i < n; i++)
        {
            for (int plane = 0; plane < 8; plane++)
                quants[i + plane * n] |= (byte)((packed[i] >> plane & 1) << bit);
        }
    }
}
