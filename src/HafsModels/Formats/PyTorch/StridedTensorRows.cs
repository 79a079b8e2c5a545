using HafsModels.Tensors;
using Microsoft.Win32.SafeHandles;

namespace HafsModels.Formats.PyTorch;

/// <summary>Rows of a view into a storage: the elements of a row lie side by side, the rows anywhere.</summary>
internal sealed class StridedTensorRows : TensorRows
{
    private readonly SafeFileHandle file;
    private readonly long offset;
    private readonly TensorInfo tensor;
    private readonly long[] strides;

    private StridedTensorRows(SafeFileHandle file, long offset, TensorInfo tensor, long[] strides)
    {
        this.file = file;
        this.offset = offset;
        this.tensor = tensor;
        this.strides = strides;
    }

    /// <inheritdoc/>
    public override Shape Shape => tensor.Shape;

    /// <inheritdoc/>
    public override long SourceBytesPerRow => Shape.RowLength * tensor.Type.ByteSize();

    /// <summary>Opens a view; null when a row's elements are scattered.</summary>
    public static TensorRows? Open(SafeFileHandle file, long offset, TensorInfo tensor, long[] strides)
    {
        long contiguous = 1;
        bool isContiguous = true;
        for (int i = strides.Length - 1; i >= 0; i--)
        {
            isContiguous &= tensor.Shape[i] == 1 || strides[i] == contiguous;
            contiguous = checked(contiguous * tensor.Shape[i]);
        }

        if (isContiguous)
            return new FileTensorRows(file, offset, tensor);
        if (strides[^1] == 1 || tensor.Shape[^1] == 1)
            return new StridedTensorRows(file, offset, tensor, strides);
        return strides is [1, _] ? new TransposedTensorRows(file, offset, tensor, strides[1]) : null;
    }

    /// <inheritdoc/>
    public override void Read(long firstRow, Span<float> destination)
    {
        FileTensorRows.RequireRows(tensor, firstRow, destination.Length);
        for (long row = firstRow; destination.Length > 0; row++)
        {
            long rest = row, start = 0;
            for (int i = strides.Length - 2; i >= 0; i--)
            {
                start += rest % Shape[i] * strides[i];
                rest /= Shape[i];
            }

            new FileTensorRows(file, offset + start * tensor.Type.ByteSize(), tensor).Read(0, destination[..RowLength]);
            destination = destination[RowLength..];
        }
    }
}
