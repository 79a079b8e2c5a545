using System.Buffers;
using System.Runtime.InteropServices;
using HafsModels.Quantization.Onnx;
using Microsoft.Win32.SafeHandles;

namespace HafsModels.Conversion.Onnx;

/// <summary>A MatMulInteger weight, columns first, with the scales and zero points of its columns.</summary>
/// <param name="rowCount">Rows of the checkpoint's matrix.</param>
/// <param name="signed">Whether numbers are i8.</param>
/// <param name="numbersOffset">First byte of the numbers in the output.</param>
/// <param name="scalesOffset">First byte of the scales.</param>
/// <param name="zeroPointsOffset">First byte of the zero points.</param>
internal sealed class IntegerLayout(long rowCount, bool signed, long numbersOffset, long scalesOffset, long zeroPointsOffset) : RowLayout
{
    /// <inheritdoc/>
    public override void Write(long firstRow, ReadOnlySpan<float> rows, int rowLength, SafeFileHandle output)
    {
        int count = rows.Length / rowLength;
        byte[] rented = ArrayPool<byte>.Shared.Rent(rows.Length + count);
        float[] scales = ArrayPool<float>.Shared.Rent(count);
        for (int row = 0; row < count; row++)
            (scales[row], rented[rows.Length + row]) = IntegerRow.Encode(rows.Slice(row * rowLength, rowLength), signed, rented.AsSpan(row * rowLength, rowLength));
        ColumnWriter.Write<byte>(rented.AsSpan(0, rows.Length), rowLength, firstRow, rowCount, numbersOffset, output);
        RandomAccess.Write(output, MemoryMarshal.AsBytes(scales.AsSpan(0, count)), scalesOffset + (firstRow * sizeof(float)));
        RandomAccess.Write(output, rented.AsSpan(rows.Length, count), zeroPointsOffset + firstRow);
        ArrayPool<byte>.Shared.Return(rented);
        ArrayPool<float>.Shared.Return(scales);
    }
}
