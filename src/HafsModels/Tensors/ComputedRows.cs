namespace HafsModels.Tensors;

/// <summary>A small vector that is computed, not read.</summary>
internal sealed class ComputedRows(float[] values) : TensorRows
{
    /// <inheritdoc/>
    public override Shape Shape { get; } = new(values.Length);

    /// <inheritdoc/>
    public override long SourceBytesPerRow => 0;

    /// <inheritdoc/>
    public override void Read(long firstRow, Span<float> destination) => values.CopyTo(destination);
}
