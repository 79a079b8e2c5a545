using System.Buffers.Binary;
using System.Text;

namespace HafsModels.Tests.Formats.Gguf;

/// <summary>Makes GGUF files field by field, also those that no writer would make.</summary>
internal sealed class GgufBytes
{
    private readonly List<byte> bytes = [.. "GGUF"u8];

    public GgufBytes(uint version = 3, ulong tensors = 0, ulong keys = 0) => U32(version).U64(tensors).U64(keys);

    public byte[] ToArray() => [.. bytes];

    public GgufBytes U8(params ReadOnlySpan<byte> values)
    {
        bytes.AddRange(values);
        return this;
    }

    public GgufBytes U32(uint value)
    {
        Span<byte> field = stackalloc byte[4];
        BinaryPrimitives.WriteUInt32LittleEndian(field, value);
        return U8(field);
    }

    public GgufBytes U64(ulong value)
    {
        Span<byte> field = stackalloc byte[8];
        BinaryPrimitives.WriteUInt64LittleEndian(field, value);
        return U8(field);
    }

    public GgufBytes Text(string text) => Text(Encoding.UTF8.GetBytes(text));

    public GgufBytes Text(byte[] utf8) => U64((ulong)utf8.Length).U8(utf8);

    /// <summary>A tensor's entry; dimensions as the file has them, innermost first.</summary>
    public GgufBytes Tensor(string name, uint type, ulong offset, params ulong[] dimensions)
    {
        Text(name).U32((uint)dimensions.Length);
        foreach (ulong dimension in dimensions)
            U64(dimension);
        return U32(type).U64(offset);
    }

    /// <summary>Padding up to the data, and zero bytes of data.</summary>
    public GgufBytes Data(int count, int alignment = 32) => U8(new byte[((alignment - (bytes.Count % alignment)) % alignment) + count]);
}
