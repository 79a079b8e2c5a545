namespace HafsModels.Tensors;

/// <summary>Rows of another tensor in another order, or some of them.</summary>
/// <param name="source">Where the rows come from.</param>
/// <param name="shape">The shape to give; its rows are as long as the source's.</param>
/// <param name="sourceRow">Index of the source's row for a row.</param>
internal sealed class SelectedRows(TensorRows source, Shape shape, Func<long, long> sourceRow) : TensorRows
{
    /// <inheritdoc/>
    public override Shape Shape { get; } = shape;

    /// <inheritdoc/>
    public override long SourceBytesPerRow => source.SourceBytesPerRow;

    /// <inheritdoc/>
    public override void Read(long firstRow, Span<float> destination)
    {
        // Neighbours that stay neighbours are read at once.
        int count = destination.Length / RowLength;
        for (int row = 0; row < count;)
        {
            long first = sourceRow(firstRow + row);
            int run = 1;
            while (row + run < count && sourceRow(firstRow + row + run) == first + run)
                run++;
            source.Read(first, destination.Slice(row * RowLength, run * RowLength));
            row += run;
        }
    }
}
