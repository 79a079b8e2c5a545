using System.Runtime.InteropServices;
using HafsModels.Tensors;

namespace HafsModels.Quantization;

/// <summary>IEEE 754 binary32, little-endian, as it is.</summary>
internal sealed class F32() : BlockFormat(GgmlType.F32)
{
    private protected override void EncodeRow(ReadOnlySpan<float> row, ReadOnlySpan<float> importance, Span<byte> destination)
        => MemoryMarshal.AsBytes(row).CopyTo(destination);

    private protected override void DecodeBlocks(ReadOnlySpan<byte> blocks, Span<float> destination)
        => blocks.CopyTo(MemoryMarshal.AsBytes(destination));
}
