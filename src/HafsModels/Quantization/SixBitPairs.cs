namespace HafsModels.Quantization;

/// <summary>
/// The twelve bytes in which Q4_K and Q5_K keep eight 6-bit scales and eight 6-bit offsets. Bytes 0–3 hold scales 0–3 and bytes 4–7 offsets 0–3 in
/// their low six bits; bytes 8–11 hold the low four bits of scales 4–7 (low half) and offsets 4–7 (high half), whose upper two bits fill the top of
/// bytes 0–3 and 4–7.
/// </summary>
internal static class SixBitPairs
{
    /// <summary>Largest 6-bit integer.</summary>
    public const int Limit = 63;

    /// <summary>Maps numbers that are not negative to 0 … 63, the largest to 63.</summary>
    /// <returns>What one unit is worth.</returns>
    public static float QuantizeToLargest(ReadOnlySpan<float> values, Span<byte> quants)
    {
        if (ScaleUnits.TryQuantizeToLargest(values, Limit, quants, out float max))
            return max / Limit;
        float inverse = max > 0 ? Limit / max : 0;
        for (int j = 0; j < values.Length; j++)
            quants[j] = Math.Min((byte)Limit, (byte)Rounding.Nearest(inverse * values[j]));
        return max / Limit;
    }

    /// <summary>Packs scales and offsets.</summary>
    public static void Pack(ReadOnlySpan<byte> scales, ReadOnlySpan<byte> offsets, Span<byte> packed)
    {
        for (int j = 0; j < 4; j++)
        {
            packed[j] = (byte)(scales[j] | scales[j + 4] >> 4 << 6);
            packed[j + 4] = (byte)(offsets[j] | offsets[j + 4] >> 4 << 6);
            packed[j + 8] = (byte)(scales[j + 4] & 15 | offsets[j + 4] << 4);
        }
    }

    /// <summary>Unpacks scales and offsets.</summary>
    public static void Unpack(ReadOnlySpan<byte> packed, Span<byte> scales, Span<byte> offsets)
    {
        for (int j = 0; j < 4; j++)
        {
            scales[j] = (byte)(packed[j] & 63);
            offsets[j] = (byte)(packed[j + 4] & 63);
            scales[j + 4] = (byte)(packed[j + 8] & 15 | packed[j] >> 6 << 4);
            offsets[j + 4] = (byte)(packed[j + 8] >> 4 | packed[j + 4] >> 6 << 4);
        }
    }
}
