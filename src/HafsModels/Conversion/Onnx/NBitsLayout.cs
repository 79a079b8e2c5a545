using System.Buffers;
using HafsModels.Quantization.Onnx;
using Microsoft.Win32.SafeHandles;

namespace HafsModels.Conversion.Onnx;

/// <summary>A MatMulNBits weight: numbers, scales and zero points each by themselves.</summary>
/// <param name="quantizer">The arithmetic.</param>
/// <param name="numbersOffset">First byte of the numbers in the output.</param>
/// <param name="scalesOffset">First byte of the scales.</param>
/// <param name="zeroPointsOffset">First byte of the zero points, where there are any.</param>
internal sealed class NBitsLayout(NBitsQuantizer quantizer, long numbersOffset, long scalesOffset, long zeroPointsOffset) : RowLayout
{
    /// <inheritdoc/>
    public override void Write(long firstRow, ReadOnlySpan<float> rows, int rowLength, SafeFileHandle output)
    {
        int count = rows.Length / rowLength, numberBytes = quantizer.RowBytes(rowLength), scaleBytes = quantizer.ScaleBytes(rowLength), zeroBytes = quantizer.ZeroPointBytes(rowLength);
        byte[] rented = ArrayPool<byte>.Shared.Rent(count * (numberBytes + scaleBytes + zeroBytes));
        Span<byte> numbers = rented.AsSpan(0, count * numberBytes), scales = rented.AsSpan(numbers.Length, count * scaleBytes), zeroPoints = rented.AsSpan(numbers.Length + scales.Length, count * zeroBytes);
        quantizer.Encode(rows, rowLength, numbers, scales, zeroPoints);
        RandomAccess.Write(output, numbers, numbersOffset + (firstRow * numberBytes));
        RandomAccess.Write(output, scales, scalesOffset + (firstRow * scaleBytes));
        if (zeroBytes > 0)
            RandomAccess.Write(output, zeroPoints, zeroPointsOffset + (firstRow * zeroBytes));
        ArrayPool<byte>.Shared.Return(rented);
    }
}
