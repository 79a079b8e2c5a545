namespace HafsModels.Tensors;

/// <summary>A tensor with a number added to every element.</summary>
internal sealed class ShiftedRows(TensorRows source, float shift) : TensorRows
{
    /// <inheritdoc/>
    public override Shape Shape => source.Shape;

    /// <inheritdoc/>
    public override long SourceBytesPerRow => source.SourceBytesPerRow;

    /// <inheritdoc/>
    public override void Read(long firstRow, Span<float> destination)
    {
        source.Read(firstRow, destination);
        foreach (ref float number in destination)
            number += shift;
    }
}
