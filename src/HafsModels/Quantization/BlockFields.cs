using System.Buffers.Binary;
using HafsModels.Tensors;

namespace HafsModels.Quantization;

/// <summary>Numbers inside a block, little-endian.</summary>
internal static class BlockFields
{
    /// <summary>Reads an F16 field.</summary>
    public static float ReadHalf(this ReadOnlySpan<byte> block, int offset)
        => HalfFloats.WidenF16(BinaryPrimitives.ReadUInt16LittleEndian(block[offset..]));

    /// <summary>Writes an F16 field and returns what a reader will see.</summary>
    public static float WriteHalf(this Span<byte> block, int offset, float value)
    {
        ushort bits = HalfFloats.NarrowF16(value);
        BinaryPrimitives.WriteUInt16LittleEndian(block[offset..], bits);
        return HalfFloats.WidenF16(bits);
    }
}
