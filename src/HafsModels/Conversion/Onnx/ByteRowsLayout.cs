using System.Buffers;
using System.Runtime.InteropServices;
using HafsModels.Tensors;
using Microsoft.Win32.SafeHandles;

namespace HafsModels.Conversion.Onnx;

/// <summary>An embedding in 8 bits: each row has a scale, and its numbers are stored plus <see cref="Middle"/>.</summary>
/// <param name="numbersOffset">First byte of the numbers in the output.</param>
/// <param name="scalesOffset">First byte of the scales.</param>
/// <param name="half">Whether scales are F16.</param>
internal sealed class ByteRowsLayout(long numbersOffset, long scalesOffset, bool half) : RowLayout
{
    /// <summary>What stands for zero.</summary>
    public const int Middle = 128;

    /// <inheritdoc/>
    public override void Write(long firstRow, ReadOnlySpan<float> rows, int rowLength, SafeFileHandle output)
    {
        int count = rows.Length / rowLength, scaleSize = half ? 2 : 4;
        byte[] rented = ArrayPool<byte>.Shared.Rent(rows.Length + (count * scaleSize));
        Span<byte> numbers = rented.AsSpan(0, rows.Length), scales = rented.AsSpan(rows.Length, count * scaleSize);
        for (int row = 0; row < count; row++)
            Encode(rows.Slice(row * rowLength, rowLength), numbers.Slice(row * rowLength, rowLength), scales.Slice(row * scaleSize, scaleSize));
        RandomAccess.Write(output, numbers, numbersOffset + (firstRow * rowLength));
        RandomAccess.Write(output, scales, scalesOffset + (firstRow * scaleSize));
        ArrayPool<byte>.Shared.Return(rented);
    }

    private void Encode(ReadOnlySpan<float> row, Span<byte> numbers, Span<byte> stored)
    {
        float largest = 0;
        foreach (float value in row)
            largest = MathF.Max(largest, MathF.Abs(value));
        float scale = largest / sbyte.MaxValue;
        if (half)
        {
            HalfFloats.NarrowF16([scale], stored);
            scale = HalfFloats.WidenF16(MemoryMarshal.Read<ushort>(stored));
        }
        else
        {
            MemoryMarshal.Write(stored, in scale);
        }

        float reciprocal = scale == 0 || !float.IsFinite(1 / scale) ? 0 : 1 / scale;
        for (int i = 0; i < row.Length; i++)
            numbers[i] = (byte)(Math.Clamp(MathF.Round(row[i] * reciprocal), -sbyte.MaxValue, sbyte.MaxValue) + Middle);
    }
}
