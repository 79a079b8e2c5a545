using System.Buffers;
using HafsModels.Tensors;
using Microsoft.Win32.SafeHandles;

namespace HafsModels.Formats.PyTorch;

/// <summary>
/// Rows of a transposed matrix: what lies side by side in the file are the columns. The wanted rows are a short run of every column, so the
/// more rows are read at once, the longer the runs.
/// </summary>
internal sealed class TransposedTensorRows(SafeFileHandle file, long offset, TensorInfo tensor, long columnStride) : TensorRows
{
    /// <inheritdoc/>
    public override Shape Shape => tensor.Shape;

    /// <inheritdoc/>
    public override long SourceBytesPerRow => Shape.RowLength * tensor.Type.ByteSize();

    /// <inheritdoc/>
    public override void Read(long firstRow, Span<float> destination)
    {
        FileTensorRows.RequireRows(tensor, firstRow, destination.Length);
        int rows = destination.Length / RowLength, size = tensor.Type.ByteSize();
        byte[] bytes = ArrayPool<byte>.Shared.Rent(rows * size);
        float[] run = ArrayPool<float>.Shared.Rent(rows);
        try
        {
            for (int column = 0; column < RowLength; column++)
            {
                FileBytes.Read(file, checked(offset + (firstRow + column * columnStride) * size), bytes.AsSpan(0, rows * size), tensor.File);
                ElementWidening.Widen(tensor.Type, bytes.AsSpan(0, rows * size), run.AsSpan(0, rows));
                for (int row = 0; row < rows; row++)
                    destination[row * RowLength + column] = run[row];
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(bytes);
            ArrayPool<float>.Shared.Return(run);
        }
    }
}
