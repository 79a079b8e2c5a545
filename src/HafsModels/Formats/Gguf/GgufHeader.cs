using System.Buffers;
using System.Buffers.Binary;
using System.Text;
using HafsModels.Tensors;

namespace HafsModels.Formats.Gguf;

/// <summary>
/// Everything before the data of a GGUF file: metadata, and the place of each tensor. Known exactly before any weight is read, so that an
/// export can be planned, sized and shown first and filled later.
/// </summary>
public sealed class GgufHeader
{
    /// <summary>First four bytes of every file, as a little-endian number: "GGUF".</summary>
    public const uint Magic = 0x46554747;

    /// <summary>The version that is written.</summary>
    public const uint CurrentVersion = 3;

    /// <summary>Alignment in bytes when <c>general.alignment</c> is absent.</summary>
    public const int DefaultAlignment = 32;

    /// <summary>Longest name of a tensor, bytes of UTF-8 (ggml reserves 64 with the terminator).</summary>
    public const int MaxTensorNameBytes = 63;

    /// <summary>Most dimensions of a tensor (<c>GGML_MAX_DIMS</c>).</summary>
    public const int MaxDimensions = 4;

    /// <summary>Longest metadata key, bytes of UTF-8.</summary>
    public const int MaxKeyBytes = 65_535;

    /// <summary>Key that states another alignment.</summary>
    public const string AlignmentKey = "general.alignment";

    internal GgufHeader(uint version, int alignment, IReadOnlyList<KeyValuePair<string, GgufValue>> metadata, IReadOnlyList<GgufTensor> tensors)
    {
        Version = version;
        Alignment = alignment;
        Metadata = metadata;
        Tensors = tensors;
    }

    /// <summary>Version of the format.</summary>
    public uint Version { get; }

    /// <summary>Every tensor begins at a multiple of this many bytes.</summary>
    public int Alignment { get; }

    /// <summary>Keys and values, in order.</summary>
    public IReadOnlyList<KeyValuePair<string, GgufValue>> Metadata { get; }

    /// <summary>Tensors in order, with absolute offsets.</summary>
    public IReadOnlyList<GgufTensor> Tensors { get; }

    /// <summary>Plans a file: encodes the header and gives each tensor its place, in the order given.</summary>
    /// <param name="metadata">Keys and values in the order to write; <c>general.alignment</c> is honoured.</param>
    /// <param name="tensors">Name, type and shape (outermost first) of each tensor.</param>
    /// <returns>The header, its bytes (padded up to the first tensor) and the size of the whole file in bytes.</returns>
    /// <exception cref="HafsException">A name is used twice or too long, a value has no GGUF type, or a row is not whole blocks.</exception>
    public static (GgufHeader Header, byte[] Bytes, long FileBytes) Build(
        IReadOnlyList<KeyValuePair<string, GgufValue>> metadata,
        IReadOnlyList<(string Name, GgmlType Type, Shape Shape)> tensors)
    {
        int alignment = AlignmentOf(metadata.FirstOrDefault(m => m.Key == AlignmentKey).Value, "header");
        Refuse(metadata.Select(m => m.Key), "metadata key");
        Refuse(tensors.Select(t => t.Name), "tensor name");

        var writer = new ArrayBufferWriter<byte>(1 << 16);
        WriteUInt32(writer, Magic);
        WriteUInt32(writer, CurrentVersion);
        WriteUInt64(writer, (ulong)tensors.Count);
        WriteUInt64(writer, (ulong)metadata.Count);
        foreach ((string key, GgufValue value) in metadata)
        {
            if (Encoding.UTF8.GetByteCount(key) > MaxKeyBytes)
                throw new HafsException(ErrorKind.InvalidArgument, "GgufName", $"a metadata key is longer than {MaxKeyBytes:N0} bytes");
            WriteString(writer, key);
            WriteUInt32(writer, (uint)value.Type);
            WriteValue(writer, value);
        }

        long relative = 0;
        var planned = new List<GgufTensor>(tensors.Count);
        foreach ((string name, GgmlType type, Shape shape) in tensors)
        {
            if (shape.Count > MaxDimensions || shape.ElementCount == 0)
                throw new HafsException(ErrorKind.InvalidArgument, "GgufTensorShape", $"tensor {name} is {shape}; GGUF takes at most {MaxDimensions} dimensions, none of them 0", name);
            if (Encoding.UTF8.GetByteCount(name) > MaxTensorNameBytes)
                throw new HafsException(ErrorKind.InvalidArgument, "GgufTensorNameTooLong", $"tensor name {name} is longer than {MaxTensorNameBytes} bytes", name);
            WriteString(writer, name);
            WriteUInt32(writer, (uint)shape.Count);
            for (int i = shape.Count - 1; i >= 0; i--)
                WriteUInt64(writer, (ulong)shape[i]);
            WriteUInt32(writer, (uint)type);
            WriteUInt64(writer, (ulong)relative);
            long bytes = checked(type.RowBytes(shape.RowLength) * shape.RowCount);
            planned.Add(new GgufTensor(name, type, shape, relative, bytes));
            relative = checked(relative + Align(bytes, alignment));
        }

        int start = checked((int)Align(writer.WrittenCount, alignment));
        byte[] header = new byte[start];
        writer.WrittenSpan.CopyTo(header);
        return (
            new GgufHeader(CurrentVersion, alignment, metadata, [.. planned.Select(t => t with { Offset = checked(start + t.Offset) })]),
            header,
            checked(start + relative));
    }

    /// <summary>The next multiple of <paramref name="alignment"/>.</summary>
    internal static long Align(long position, int alignment) => checked((position + alignment - 1) / alignment * alignment);

    /// <summary>The alignment that a value of <c>general.alignment</c> states.</summary>
    internal static int AlignmentOf(GgufValue? value, string name)
    {
        if (value is null)
            return DefaultAlignment;
        if (value.Value is uint alignment and >= 1 and <= 1 << 20 && uint.IsPow2(alignment))
            return (int)alignment;
        throw new HafsException(ErrorKind.InvalidData, "GgufAlignment", $"{name}: {AlignmentKey} is {value} ({value.Type}); it must be a u32 power of two, at most 1,048,576", name);
    }

    // What the reader refuses is not written.
    private static void Refuse(IEnumerable<string> names, string what)
    {
        if (names.Any(n => n.Length == 0 || n.Any(char.IsControl)))
            throw new HafsException(ErrorKind.InvalidArgument, "GgufName", $"a {what} is empty or contains a control character");
        if (names.GroupBy(n => n, StringComparer.Ordinal).FirstOrDefault(g => g.Count() > 1) is { } twice)
            throw new HafsException(ErrorKind.InvalidArgument, "GgufDuplicateName", $"{what} {twice.Key} is used {twice.Count()} times", twice.Key);
    }

    private static void WriteValue(ArrayBufferWriter<byte> writer, GgufValue value)
    {
        if (!value.Stored.IsEmpty)
        {
            writer.Write(value.Stored.Span);
            return;
        }

        if (value.Value is not Array array)
        {
            WriteScalar(writer, value.Value);
            return;
        }

        WriteUInt32(writer, (uint)value.ElementType!.Value);
        WriteUInt64(writer, (ulong)array.Length);
        foreach (object item in array)
            WriteScalar(writer, item);
    }

    private static void WriteScalar(ArrayBufferWriter<byte> writer, object value)
    {
        switch (value)
        {
            case byte v: WriteByte(writer, v); break;
            case sbyte v: WriteByte(writer, (byte)v); break;
            case bool v: WriteByte(writer, v ? (byte)1 : (byte)0); break;
            case ushort v: WriteUInt16(writer, v); break;
            case short v: WriteUInt16(writer, (ushort)v); break;
            case uint v: WriteUInt32(writer, v); break;
            case int v: WriteUInt32(writer, (uint)v); break;
            case float v: WriteUInt32(writer, BitConverter.SingleToUInt32Bits(v)); break;
            case ulong v: WriteUInt64(writer, v); break;
            case long v: WriteUInt64(writer, (ulong)v); break;
            case double v: WriteUInt64(writer, BitConverter.DoubleToUInt64Bits(v)); break;
            case string v: WriteString(writer, v); break;
            case null: throw new HafsException(ErrorKind.InvalidArgument, "GgufValueType", "an array of metadata holds a null");
        }
    }

    private static void WriteString(ArrayBufferWriter<byte> writer, string text)
    {
        int count = Encoding.UTF8.GetByteCount(text);
        WriteUInt64(writer, (ulong)count);
        Encoding.UTF8.GetBytes(text, writer.GetSpan(count));
        writer.Advance(count);
    }

    private static void WriteByte(ArrayBufferWriter<byte> writer, byte value)
    {
        writer.GetSpan(1)[0] = value;
        writer.Advance(1);
    }

    private static void WriteUInt16(ArrayBufferWriter<byte> writer, ushort value)
    {
        BinaryPrimitives.WriteUInt16LittleEndian(writer.GetSpan(2), value);
        writer.Advance(2);
    }

    private static void WriteUInt32(ArrayBufferWriter<byte> writer, uint value)
    {
        BinaryPrimitives.WriteUInt32LittleEndian(writer.GetSpan(4), value);
        writer.Advance(4);
    }

    private static void WriteUInt64(ArrayBufferWriter<byte> writer, ulong value)
    {
        BinaryPrimitives.WriteUInt64LittleEndian(writer.GetSpan(8), value);
        writer.Advance(8);
    }
}
