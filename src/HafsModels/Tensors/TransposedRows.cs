using System.Buffers;

namespace HafsModels.Tensors;

/// <summary>
/// A matrix, or each matrix of a stack, with rows and columns exchanged. A row is a column of the source, so the source is read in bands
/// of rows for as many rows as are wanted at once: a few large reads give the same numbers as many small ones.
/// </summary>
/// <param name="source">Matrices of the exchanged dimensions.</param>
/// <param name="shape">The shape to give.</param>
internal sealed class TransposedRows(TensorRows source, Shape shape) : TensorRows
{
    private const int BandElements = 1 << 18;

    /// <inheritdoc/>
    public override Shape Shape { get; } = shape;

    /// <inheritdoc/>
    public override long SourceBytesPerRow => source.SourceBytesPerRow * source.RowCount / Math.Max(1, RowCount);

    /// <inheritdoc/>
    public override void Read(long firstRow, Span<float> destination)
    {
        int columns = source.RowLength, rows = RowLength;
        int band = Math.Clamp(BandElements / columns, 1, rows);
        float[] buffer = ArrayPool<float>.Shared.Rent(band * columns);
        while (!destination.IsEmpty)
        {
            // Rows of one matrix of the stack at a time.
            long matrix = firstRow / columns;
            int column = (int)(firstRow % columns), count = Math.Min(destination.Length / rows, columns - column);
            for (int from = 0; from < rows; from += band)
            {
                int length = Math.Min(band, rows - from);
                source.Read(matrix * rows + from, buffer.AsSpan(0, length * columns));
                for (int r = 0; r < length; r++)
                {
                    for (int c = 0; c < count; c++)
                        destination[c * rows + from + r] = buffer[r * columns + column + c];
                }
            }

            destination = destination[(count * rows)..];
            firstRow += count;
        }

        ArrayPool<float>.Shared.Return(buffer);
    }
}
