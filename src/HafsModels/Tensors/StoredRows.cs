namespace HafsModels.Tensors;

/// <summary>Rows that lie in a file in a type of ggml, and can be had as they are stored.</summary>
public abstract class StoredRows : TensorRows
{
    /// <summary>How the rows are stored.</summary>
    public abstract GgmlType Type { get; }

    /// <summary>Reads stored rows, without decoding them.</summary>
    /// <param name="firstRow">Index of the first row.</param>
    /// <param name="destination">Takes as many rows as fit; a whole number of them.</param>
    /// <exception cref="HafsException">The file ended early or could not be read.</exception>
    public abstract void ReadStored(long firstRow, Span<byte> destination);
}
