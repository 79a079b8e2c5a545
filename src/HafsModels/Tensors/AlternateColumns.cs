using System.Buffers;

namespace HafsModels.Tensors;

/// <summary>Every other column of a tensor.</summary>
/// <param name="source">A tensor with rows of twice the length.</param>
/// <param name="shape">The shape to give.</param>
/// <param name="first">First column taken: 0 or 1.</param>
internal sealed class AlternateColumns(TensorRows source, Shape shape, int first) : TensorRows
{
    /// <inheritdoc/>
    public override Shape Shape { get; } = shape;

    /// <inheritdoc/>
    public override long SourceBytesPerRow => source.SourceBytesPerRow / 2;

    /// <inheritdoc/>
    public override void Read(long firstRow, Span<float> destination)
    {
        float[] buffer = ArrayPool<float>.Shared.Rent(2 * destination.Length);
        source.Read(firstRow, buffer.AsSpan(0, 2 * destination.Length));
        for (int i = 0; i < destination.Length; i++)
            destination[i] = buffer[2 * i + first];
        ArrayPool<float>.Shared.Return(buffer);
    }
}
