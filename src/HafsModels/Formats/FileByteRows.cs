using System.Buffers;
using HafsModels.Tensors;
using Microsoft.Win32.SafeHandles;

namespace HafsModels.Formats;

/// <summary>Rows of bytes that lie one after the other in a file, each byte as a number from 0 to 255.</summary>
internal sealed class FileByteRows(SafeFileHandle file, long offset, TensorInfo tensor) : TensorRows
{
    /// <inheritdoc/>
    public override Shape Shape => tensor.Shape;

    /// <inheritdoc/>
    public override long SourceBytesPerRow => Shape.RowLength;

    /// <inheritdoc/>
    public override void Read(long firstRow, Span<float> destination)
    {
        FileTensorRows.RequireRows(tensor, firstRow, destination.Length);
        byte[] bytes = ArrayPool<byte>.Shared.Rent(destination.Length);
        try
        {
            FileBytes.Read(file, checked(offset + (firstRow * Shape.RowLength)), bytes.AsSpan(0, destination.Length), tensor.File);
            for (int i = 0; i < destination.Length; i++)
                destination[i] = bytes[i];
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(bytes);
        }
    }
}
