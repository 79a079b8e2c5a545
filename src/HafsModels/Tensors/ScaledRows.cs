namespace HafsModels.Tensors;

/// <summary>A tensor with every number multiplied by a factor, in float.</summary>
internal sealed class ScaledRows(TensorRows source, float factor) : TensorRows
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
            number *= factor;
    }
}
