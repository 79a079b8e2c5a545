using System.Buffers;
using HafsModels.Quantization;
using HafsModels.Tensors;

namespace HafsModels.Formats.Gguf;

/// <summary>Rows of a GGUF tensor, decoded to float as they are read.</summary>
internal sealed class GgufRows(GgufFile file, GgufTensor tensor) : TensorRows
{
    private readonly BlockFormat format = BlockFormats.Get(tensor.Type);

    /// <inheritdoc/>
    public override Shape Shape => tensor.Shape;

    /// <inheritdoc/>
    public override long SourceBytesPerRow => tensor.Type.RowBytes(Shape.RowLength);

    /// <inheritdoc/>
    public override void Read(long firstRow, Span<float> destination)
    {
        int count = checked((int)(destination.Length / Shape.RowLength * SourceBytesPerRow));
        byte[] bytes = ArrayPool<byte>.Shared.Rent(count);
        try
        {
            file.ReadBytes(tensor, checked(firstRow * SourceBytesPerRow), bytes.AsSpan(0, count));
            format.Decode(bytes.AsSpan(0, count), destination);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(bytes);
        }
    }
}
