using HafsModels.Tensors;

namespace HafsModels.Quantization;

/// <summary>The upper half of a binary32, rounded to nearest even.</summary>
internal sealed class BF16() : BlockFormat(GgmlType.BF16)
{
    private protected override void EncodeRow(ReadOnlySpan<float> row, ReadOnlySpan<float> importance, Span<byte> destination)
        => HalfFloats.NarrowBF16(row, destination);

    private protected override void DecodeBlocks(ReadOnlySpan<byte> blocks, Span<float> destination)
        => HalfFloats.WidenBF16(blocks, destination);
}
