using System.Buffers;
using System.Runtime.InteropServices;
using HafsModels.Tensors;
using Microsoft.Win32.SafeHandles;

namespace HafsModels.Formats;

/// <summary>Rows that lie one after the other in a file, in a floating-point type.</summary>
internal sealed class FileTensorRows(SafeFileHandle file, long offset, TensorInfo tensor) : TensorRows
{
    // Small enough to stay in the second-level cache between reading and widening.
    private const int ChunkBytes = 1 << 17;

    /// <inheritdoc/>
    public override Shape Shape => tensor.Shape;

    /// <inheritdoc/>
    public override long SourceBytesPerRow => Shape.RowLength * tensor.Type.ByteSize();

    /// <inheritdoc/>
    public override void Read(long firstRow, Span<float> destination)
    {
        int size = tensor.Type.ByteSize();
        RequireRows(tensor, firstRow, destination.Length);
        long position = checked(offset + firstRow * SourceBytesPerRow);
        if (tensor.Type == ElementType.F32)
        {
            FileBytes.Read(file, position, MemoryMarshal.AsBytes(destination), tensor.File);
            return;
        }

        byte[] bytes = ArrayPool<byte>.Shared.Rent(Math.Min(ChunkBytes, destination.Length * size));
        try
        {
            while (destination.Length > 0)
            {
                int count = Math.Min(destination.Length, ChunkBytes / size);
                Span<byte> chunk = bytes.AsSpan(0, count * size);
                FileBytes.Read(file, position, chunk, tensor.File);
                ElementWidening.Widen(tensor.Type, chunk, destination[..count]);
                destination = destination[count..];
                position += chunk.Length;
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(bytes);
        }
    }

    /// <summary>Refuses to read beyond the tensor, where the data of another one lies.</summary>
    internal static void RequireRows(TensorInfo tensor, long firstRow, int elements)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(firstRow);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(elements, tensor.Shape.ElementCount - (firstRow * tensor.Shape.RowLength), nameof(elements));
    }
}
