using System.Buffers;
using HafsModels.Quantization;
using HafsModels.Tensors;

namespace HafsModels.Formats.Gguf;

/// <summary>Rows of a GGUF tensor, as they are stored or decoded to float as they are read.</summary>
internal sealed class GgufRows(GgufFile file, GgufTensor tensor) : StoredRows
{
    // Small enough to stay in the second-level cache between reading and decoding.
    private const int ChunkBytes = 1 << 17;

    /// <inheritdoc/>
    public override GgmlType Type => tensor.Type;

    /// <inheritdoc/>
    public override Shape Shape => tensor.Shape;

    /// <inheritdoc/>
    public override long SourceBytesPerRow => tensor.Type.RowBytes(Shape.RowLength);

    /// <inheritdoc/>
    public override void ReadStored(long firstRow, Span<byte> destination) => file.ReadBytes(tensor, checked(firstRow * SourceBytesPerRow), destination);

    /// <inheritdoc/>
    public override void Read(long firstRow, Span<float> destination)
    {
        if (destination.Length % Shape.RowLength != 0)
            throw new ArgumentException($"{destination.Length} elements are not whole rows of {Shape.RowLength}", nameof(destination));

        BlockFormat format = BlockFormats.Get(tensor.Type);

        // Blocks never cross chunks: a chunk is a whole number of blocks.
        int chunkBlocks = Math.Max(1, ChunkBytes / format.BlockBytes);
        long position = checked(firstRow * SourceBytesPerRow);
        byte[] bytes = ArrayPool<byte>.Shared.Rent(chunkBlocks * format.BlockBytes);
        try
        {
            while (destination.Length > 0)
            {
                int blocks = Math.Min(chunkBlocks, destination.Length / format.BlockElements);
                Span<byte> chunk = bytes.AsSpan(0, blocks * format.BlockBytes);
                file.ReadBytes(tensor, position, chunk);
                format.Decode(chunk, destination[..(blocks * format.BlockElements)]);
                destination = destination[(blocks * format.BlockElements)..];
                position += chunk.Length;
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(bytes);
        }
    }
}
