using System.Buffers;

namespace HafsModels.Tensors;

/// <summary>The same numbers in the same order in rows of another length, which divides the old one or is a multiple of it.</summary>
internal sealed class ReshapedRows : TensorRows
{
    private readonly TensorRows source;

    public ReshapedRows(TensorRows source, Shape shape)
    {
        if (shape.ElementCount != source.Shape.ElementCount || (shape.RowLength % source.RowLength != 0 && source.RowLength % shape.RowLength != 0))
            throw new ArgumentException($"{source.Shape} cannot be read as {shape}", nameof(shape));
        this.source = source;
        Shape = shape;
    }

    /// <inheritdoc/>
    public override Shape Shape { get; }

    /// <inheritdoc/>
    public override long SourceBytesPerRow => source.SourceBytesPerRow * source.RowCount / Math.Max(1, RowCount);

    /// <inheritdoc/>
    public override void Read(long firstRow, Span<float> destination)
    {
        long first = firstRow * RowLength;
        if (RowLength % source.RowLength == 0)
        {
            source.Read(first / source.RowLength, destination);
            return;
        }

        // Several rows share a row of the source: whole ones are read, and the wanted part is taken.
        long begin = first / source.RowLength, end = (first + destination.Length + source.RowLength - 1) / source.RowLength;
        int length = checked((int)((end - begin) * source.RowLength));
        float[] buffer = ArrayPool<float>.Shared.Rent(length);
        source.Read(begin, buffer.AsSpan(0, length));
        buffer.AsSpan((int)(first - begin * source.RowLength), destination.Length).CopyTo(destination);
        ArrayPool<float>.Shared.Return(buffer);
    }
}
