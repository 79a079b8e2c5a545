using System.Buffers;

namespace HafsModels.Tensors;

/// <summary>
/// Rows of q or k reordered inside each head from Hugging Face's layout (element i rotates with i + d/2) to ggml's (2i with 2i + 1):
/// row 2k + s of a head is row s·d/2 + k of the source.
/// </summary>
internal sealed class InterleavedHeadRows : TensorRows
{
    private readonly TensorRows source;
    private readonly int half;

    public InterleavedHeadRows(TensorRows source, int headCount)
    {
        this.source = source;
        if (source.RowCount % (2L * headCount) != 0)
            throw new HafsException(ErrorKind.InvalidData, "HeadRows", $"{source.RowCount} rows cannot be shared by {headCount} heads of even dimension");
        half = checked((int)(source.RowCount / headCount / 2));
    }

    /// <inheritdoc/>
    public override Shape Shape => source.Shape;

    /// <inheritdoc/>
    public override long SourceBytesPerRow => source.SourceBytesPerRow;

    /// <inheritdoc/>
    public override void Read(long firstRow, Span<float> destination)
    {
        int length = RowLength, dimension = 2 * half;
        float[] buffer = ArrayPool<float>.Shared.Rent(Math.Min(destination.Length / length, dimension) * length);
        try
        {
            while (destination.Length > 0)
            {
                int first = (int)(firstRow % dimension), count = Math.Min(destination.Length / length, dimension - first);
                for (int s = 0; s < 2; s++)
                {
                    // Rows of one parity are neighbours in the source: one read for all of them.
                    int begin = (first + 1 - s) / 2, end = (first + count + 1 - s) / 2;
                    Span<float> run = buffer.AsSpan(0, (end - begin) * length);
                    if (run.IsEmpty)
                        continue;
                    source.Read(firstRow - first + s * half + begin, run);
                    for (int k = begin; k < end; k++)
                        run.Slice((k - begin) * length, length).CopyTo(destination[((2 * k + s - first) * length)..]);
                }

                destination = destination[(count * length)..];
                firstRow += count;
            }
        }
        finally
        {
            ArrayPool<float>.Shared.Return(buffer);
        }
    }
}
