namespace HafsModels.Tensors;

/// <summary>
/// A tensor's numbers, read by rows and widened to float. Nobody holds a whole tensor: readers ask for a few rows at a time.
/// Reading is thread-safe; many workers read different rows at once. Transforms (permutation, transpose, adapter delta) wrap another instance.
/// </summary>
public abstract class TensorRows
{
    /// <summary>Dimensions, outermost first. A vector is one row.</summary>
    public abstract Shape Shape { get; }

    /// <summary>Number of rows.</summary>
    public long RowCount => Shape.RowCount;

    /// <summary>Elements in a row.</summary>
    public int RowLength => checked((int)Shape.RowLength);

    /// <summary>Bytes that must be read from the source for one row; for progress only.</summary>
    public abstract long SourceBytesPerRow { get; }

    /// <summary>Reads whole rows.</summary>
    /// <param name="firstRow">Index of the first row.</param>
    /// <param name="destination">Takes as many rows as fit; its length must be a multiple of <see cref="RowLength"/>.</param>
    /// <exception cref="HafsException">The file ended early or could not be read.</exception>
    public abstract void Read(long firstRow, Span<float> destination);
}
