namespace HafsModels.Quantization.Onnx;

/// <summary>
/// One column of a MatMulInteger weight, which is one row of the checkpoint's: 8-bit numbers with a scale. Signed ones have the zero point 0; unsigned
/// ones spread over the range from the smallest to the largest number, zero included, as ONNX's linear quantization has it (halves to even).
/// </summary>
internal static class IntegerRow
{
    /// <summary>Encodes a row.</summary>
    /// <param name="row">The numbers.</param>
    /// <param name="signed">Whether they become i8.</param>
    /// <param name="destination">Takes a byte a number.</param>
    /// <returns>What they are multiplied with after the zero point was subtracted, and the zero point.</returns>
    public static (float Scale, byte ZeroPoint) Encode(ReadOnlySpan<float> row, bool signed, Span<byte> destination)
    {
        float low = 0, high = 0;
        foreach (float value in row)
        {
            low = MathF.Min(low, value);
            high = MathF.Max(high, value);
        }

        float scale = signed ? MathF.Max(-low, high) / sbyte.MaxValue : (high - low) / byte.MaxValue;
        if (!(scale >= float.MinValue) || scale < 1e-37f)
            scale = 1;
        int zero = signed ? 0 : (int)Math.Clamp(MathF.Round(-low / scale), 0, byte.MaxValue);
        int least = signed ? -sbyte.MaxValue : 0, most = signed ? sbyte.MaxValue : byte.MaxValue;
        for (int i = 0; i < row.Length; i++)
            destination[i] = unchecked((byte)(int)Math.Clamp(MathF.Round(row[i] / scale) + zero, least, most));
        return (scale, (byte)zero);
    }
}
