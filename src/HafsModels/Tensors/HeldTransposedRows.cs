namespace HafsModels.Tensors;

/// <summary>Columns of a small matrix as rows; the matrix is held whole while it is read.</summary>
internal sealed class HeldTransposedRows(TensorRows source, RecentMatrices matrices) : TensorRows
{
    /// <inheritdoc/>
    public override Shape Shape { get; } = new(source.RowLength, source.RowCount);

    /// <inheritdoc/>
    public override long SourceBytesPerRow => source.SourceBytesPerRow * source.RowCount / RowCount;

    /// <inheritdoc/>
    public override void Read(long firstRow, Span<float> destination) =>
        matrices.Get(source, true).AsSpan(checked((int)(firstRow * RowLength)), destination.Length).CopyTo(destination);
}
