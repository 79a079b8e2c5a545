namespace HafsModels.Tensors;

/// <summary>Tensors of one shape as one with a further dimension in front, such as the experts of a layer.</summary>
internal sealed class StackedRows : TensorRows
{
    private readonly IReadOnlyList<TensorRows> items;

    public StackedRows(IReadOnlyList<TensorRows> items)
    {
        this.items = items;
        Shape = new Shape([items.Count, .. items[0].Shape]);
    }

    /// <inheritdoc/>
    public override Shape Shape { get; }

    /// <inheritdoc/>
    public override long SourceBytesPerRow => items[0].SourceBytesPerRow;

    /// <inheritdoc/>
    public override void Read(long firstRow, Span<float> destination)
    {
        long perItem = items[0].RowCount;
        while (!destination.IsEmpty)
        {
            long within = firstRow % perItem;
            int count = (int)Math.Min(destination.Length / RowLength, perItem - within);
            items[(int)(firstRow / perItem)].Read(within, destination[..(count * RowLength)]);
            destination = destination[(count * RowLength)..];
            firstRow += count;
        }
    }
}
