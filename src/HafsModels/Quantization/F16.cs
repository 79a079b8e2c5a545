using HafsModels.Tensors;

namespace HafsModels.Quantization;

/// <summary>IEEE 754 binary16: rounded to nearest even, too large becomes infinity.</summary>
internal sealed class F16() : BlockFormat(GgmlType.F16)
{
    private protected override void EncodeRow(ReadOnlySpan<float> row, ReadOnlySpan<float> importance, Span<byte> destination)
        => HalfFloats.NarrowF16(row, destination);

    private protected override void DecodeBlocks(ReadOnlySpan<byte> blocks, Span<float> destination)
        => HalfFloats.WidenF16(blocks, destination);
}
