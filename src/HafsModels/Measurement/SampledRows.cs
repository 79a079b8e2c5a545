using HafsModels.Tensors;

namespace HafsModels.Measurement;

/// <summary>Evenly spaced rows of a tensor; always the same ones.</summary>
/// <param name="rows">The tensor.</param>
/// <param name="count">How many of its rows.</param>
internal sealed class SampledRows(TensorRows rows, long count) : TensorRows
{
    /// <inheritdoc/>
    public override Shape Shape { get; } = new(count, rows.RowLength);

    /// <inheritdoc/>
    public override long SourceBytesPerRow => rows.SourceBytesPerRow;

    /// <summary>A sample of at most about so many elements, the same number of rows of each of <paramref name="parts"/> equal parts; the tensor itself when it is no larger.</summary>
    public static TensorRows Of(TensorRows rows, long elements, long parts)
    {
        long ofPart = Math.Clamp(elements / rows.RowLength / parts, 1, rows.RowCount / parts);
        return ofPart * parts >= rows.RowCount ? rows : new SampledRows(rows, ofPart * parts);
    }

    /// <inheritdoc/>
    public override void Read(long firstRow, Span<float> destination)
    {
        for (; !destination.IsEmpty; destination = destination[RowLength..], firstRow++)
            rows.Read((long)((Int128)firstRow * rows.RowCount / count), destination[..RowLength]);
    }
}
