using System.Buffers;
using System.Runtime.InteropServices;
using HafsModels.Tensors;
using Microsoft.Win32.SafeHandles;

namespace HafsModels.Conversion.Onnx;

/// <summary>Numbers of a matrix, columns first, as MatMul has its second input.</summary>
/// <param name="rowCount">Rows of the matrix.</param>
/// <param name="half">Whether numbers are F16.</param>
/// <param name="offset">First byte in the output.</param>
internal sealed class TransposedLayout(long rowCount, bool half, long offset) : RowLayout
{
    /// <inheritdoc/>
    public override void Write(long firstRow, ReadOnlySpan<float> rows, int rowLength, SafeFileHandle output)
    {
        int size = half ? 2 : 4;
        byte[] stored = ArrayPool<byte>.Shared.Rent(rows.Length * size);
        Span<byte> bytes = stored.AsSpan(0, rows.Length * size);
        if (half)
            HalfFloats.NarrowF16(rows, bytes);
        else
            MemoryMarshal.AsBytes(rows).CopyTo(bytes);
        if (half)
            ColumnWriter.Write<ushort>(MemoryMarshal.Cast<byte, ushort>(bytes), rowLength, firstRow, rowCount, offset, output);
        else
            ColumnWriter.Write<float>(MemoryMarshal.Cast<byte, float>(bytes), rowLength, firstRow, rowCount, offset, output);
        ArrayPool<byte>.Shared.Return(stored);
    }
}
