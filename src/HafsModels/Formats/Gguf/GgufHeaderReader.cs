using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Unicode;
using HafsModels.Tensors;
using Microsoft.Win32.SafeHandles;

namespace HafsModels.Formats.Gguf;

/// <summary>
/// Reads the header of an untrusted file. Nothing is allocated for a count before that many items can lie in the rest of the file, so memory
/// stays within a small multiple of the header's own size.
/// </summary>
internal sealed class GgufHeaderReader
{
    private const ulong MaxTensors = 1 << 20;
    private const ulong MaxKeys = 1 << 20;

    // Metadata strings are copied into memory; the largest real ones are chat templates and licences.
    private const ulong MaxStringBytes = 1 << 26;

    // The largest real vocabularies have a quarter of a million tokens, and twice as many merges.
    private const ulong MaxArrayItems = 1 << 24;
    private const long MaxHeaderBytes = 1 << 29;

    private static readonly UTF8Encoding StrictUtf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    private readonly SafeFileHandle file;
    private readonly PositionedReader reader;
    private readonly string path;
    private readonly byte[] shortString = new byte[1024];
    private bool hasOtherText;

    private GgufHeaderReader(SafeFileHandle file, string path)
    {
        this.file = file;
        reader = new PositionedReader(file, path);
        this.path = path;
    }

    public static GgufHeader Read(SafeFileHandle file, string path) => new GgufHeaderReader(file, path).Read();

    private GgufHeader Read()
    {
        uint magic = reader.ReadUInt32("the magic number");
        if (magic != GgufHeader.Magic)
            throw Invalid("GgufMagic", 0, $"the file begins with 0x{magic:x8}; a GGUF file begins with \"GGUF\"");
        uint version = reader.ReadUInt32("the version");
        if (version is not (2 or 3))
        {
            string what = (BinaryPrimitives.ReverseEndianness(version), version) switch
            {
                ( >= 1 and <= 3, _) => $"the file is big-endian (version {BinaryPrimitives.ReverseEndianness(version)}); only little-endian files are read",
                (_, 1) => "version 1 of GGUF is obsolete and not read; convert the model again",
                _ => $"version {version} of GGUF is not known; versions 2 and 3 are",
            };
            throw new HafsException(ErrorKind.Unsupported, "GgufVersion", $"{path}: byte 4: {what}", path);
        }

        ulong tensorCount = Count("tensor", MaxTensors, minimumBytes: 8 + 1 + 4 + 4 + 8);
        ulong keyCount = Count("metadata key", MaxKeys, minimumBytes: 8 + 1 + 4 + 1);
        List<KeyValuePair<string, GgufValue>> metadata = ReadMetadata((int)keyCount);
        int alignment = GgufHeader.AlignmentOf(metadata.FirstOrDefault(m => m.Key == GgufHeader.AlignmentKey).Value, path);
        return new GgufHeader(version, alignment, metadata, ReadTensors((int)tensorCount, alignment));
    }

    private ulong Count(string what, ulong maximum, int minimumBytes)
    {
        long at = reader.Position;
        ulong count = reader.ReadUInt64($"the {what} count");
        if (count > maximum || count > (ulong)(reader.Remaining / minimumBytes))
            throw Invalid("GgufCount", at, $"{what} count is {count:N0}; at most {maximum:N0}, and no more than fit into the file, are allowed");
        return count;
    }

    private List<KeyValuePair<string, GgufValue>> ReadMetadata(int count)
    {
        var metadata = new List<KeyValuePair<string, GgufValue>>(count);
        var seen = new HashSet<string>(count, StringComparer.Ordinal);
        for (int i = 0; i < count; i++)
        {
            long at = reader.Position;
            string key = ReadName("a metadata key", GgufHeader.MaxKeyBytes);
            if (!seen.Add(key))
                throw Invalid("GgufDuplicateKey", at, $"key {key} stands a second time");
            metadata.Add(new(key, ReadValue(key)));
            RequireHeaderCap();
        }

        return metadata;
    }

    private GgufValue ReadValue(string key)
    {
        GgufValueType type = ReadType(key);
        long start = reader.Position;
        hasOtherText = false;
        object value = type == GgufValueType.Array ? ReadArray(key) : ReadItems(key, type, 1).GetValue(0)!;
        return new GgufValue(value) { Stored = hasOtherText ? ReadAgain(start) : default };
    }

    private Array ReadArray(string key)
    {
        GgufValueType elementType = ReadType(key);
        long at = reader.Position;
        ulong count = reader.ReadUInt64($"the length of {key}");
        if (elementType == GgufValueType.Array)
            throw new HafsException(ErrorKind.Unsupported, "GgufNestedArray", $"{path}: byte {at:N0}: {key} is an array of arrays, which no known reader supports", path);
        if (count > MaxArrayItems || count > (ulong)(reader.Remaining / GgufValueTypes.MinimumBytes(elementType)!.Value))
            throw Invalid("GgufCount", at, $"{key} has {count:N0} items of {elementType}; at most {MaxArrayItems:N0}, and no more than fit into the file, are allowed");
        return ReadItems(key, elementType, (int)count);
    }

    private byte[] ReadAgain(long start)
    {
        byte[] bytes = new byte[reader.Position - start];
        FileBytes.Read(file, start, bytes, path);
        return bytes;
    }

    private GgufValueType ReadType(string key)
    {
        long at = reader.Position;
        var type = (GgufValueType)reader.ReadUInt32($"the type of {key}");
        if (type > GgufValueType.F64)
            throw Invalid("GgufValueType", at, $"{key} has value type {(uint)type}; types 0 to 12 are defined");
        return type;
    }

    private Array ReadItems(string key, GgufValueType type, int count) => type switch
    {
        GgufValueType.U8 => ReadNumbers<byte>(key, count),
        GgufValueType.I8 => ReadNumbers<sbyte>(key, count),
        GgufValueType.U16 => ReadNumbers<ushort>(key, count),
        GgufValueType.I16 => ReadNumbers<short>(key, count),
        GgufValueType.U32 => ReadNumbers<uint>(key, count),
        GgufValueType.I32 => ReadNumbers<int>(key, count),
        GgufValueType.F32 => ReadNumbers<float>(key, count),
        GgufValueType.U64 => ReadNumbers<ulong>(key, count),
        GgufValueType.I64 => ReadNumbers<long>(key, count),
        GgufValueType.F64 => ReadNumbers<double>(key, count),
        GgufValueType.Bool => ReadBools(key, count),
        _ => ReadStrings(key, count),
    };

    private T[] ReadNumbers<T>(string key, int count)
        where T : unmanaged
    {
        var numbers = new T[count];
        reader.Read(MemoryMarshal.AsBytes(numbers.AsSpan()), key);
        return numbers;
    }

    private bool[] ReadBools(string key, int count)
    {
        long at = reader.Position;
        byte[] bytes = ReadNumbers<byte>(key, count);
        int bad = bytes.AsSpan().IndexOfAnyExcept((byte)0, (byte)1);
        if (bad >= 0)
            throw Invalid("GgufBool", at + bad, $"{key} is the byte {bytes[bad]}; a bool is 0 or 1");
        return Array.ConvertAll(bytes, b => b == 1);
    }

    private string[] ReadStrings(string key, int count)
    {
        var strings = new string[count];
        for (int i = 0; i < count; i++)
        {
            // Tokens of some vocabularies are cut in the middle of a character; such bytes become U+FFFD instead of making the file unreadable.
            ReadOnlySpan<byte> bytes = ReadStringBytes(key, MaxStringBytes);
            hasOtherText |= !Utf8.IsValid(bytes);
            strings[i] = Encoding.UTF8.GetString(bytes);
            RequireHeaderCap();
        }

        return strings;
    }

    private string ReadName(string what, ulong maximumBytes)
    {
        long at = reader.Position;
        ReadOnlySpan<byte> bytes = ReadStringBytes(what, maximumBytes);
        if (bytes.Length == 0)
            throw Invalid("GgufName", at, $"{what} is empty");
        try
        {
            string name = StrictUtf8.GetString(bytes);
            return name.Any(char.IsControl) ? throw Invalid("GgufName", at, $"{what} contains a control character") : name;
        }
        catch (DecoderFallbackException exception)
        {
            throw new HafsException(ErrorKind.InvalidData, "GgufName", $"{path}: byte {at:N0}: {what} is not UTF-8", path, inner: exception);
        }
    }

    private void RequireHeaderCap()
    {
        if (reader.Position > MaxHeaderBytes)
            throw Invalid("GgufHeaderTooLarge", reader.Position, $"the metadata goes on after {MaxHeaderBytes:N0} bytes, the most that is read");
    }

    // Valid until the next call: a vocabulary has a quarter of a million strings, which are copied once, not twice.
    private ReadOnlySpan<byte> ReadStringBytes(string what, ulong maximumBytes)
    {
        long at = reader.Position;
        ulong length = reader.ReadUInt64($"the length of {what}");
        if (length > maximumBytes || length > (ulong)reader.Remaining)
            throw Invalid("GgufString", at, $"{what} has {length:N0} bytes; at most {maximumBytes:N0}, and no more than the file has left ({reader.Remaining:N0}), are allowed");
        Span<byte> bytes = length <= (ulong)shortString.Length ? shortString.AsSpan(0, (int)length) : new byte[length];
        reader.Read(bytes, what);
        return bytes;
    }

    private List<GgufTensor> ReadTensors(int count, int alignment)
    {
        var tensors = new List<GgufTensor>(count);
        var names = new HashSet<string>(count, StringComparer.Ordinal);
        long? expected = 0;
        for (int i = 0; i < count; i++)
        {
            GgufTensor tensor = ReadTensor(names);
            if (expected is null)
            {
                // The size of a type that is not known here follows from where the next tensor begins.
                GgufTensor unknown = tensors[^1];
                if (tensor.Offset < unknown.Offset || tensor.Offset % alignment != 0)
                    throw Invalid("GgufTensorOffset", reader.Position - 8, $"{tensor.Name} begins at {tensor.Offset:N0}; the tensor before it begins at {unknown.Offset:N0}, and the alignment is {alignment}");
                tensors[^1] = unknown with { ByteSize = tensor.Offset - unknown.Offset };
                expected = tensor.Offset;
            }

            // ggml demands that tensors lie in the order of the header with nothing between them but padding.
            if (tensor.Offset != expected)
                throw Invalid("GgufTensorOffset", reader.Position - 8, $"{tensor.Name} begins at {tensor.Offset:N0}; the end of the previous tensor, aligned to {alignment}, is {expected:N0}");
            expected = GgmlTypes.BlockOf(tensor.Type) is null ? null : CheckedAlign(tensor, expected.Value, alignment);
            tensors.Add(tensor);
        }

        long start = GgufHeader.Align(reader.Position, alignment);
        if (expected is null)
            tensors[^1] = tensors[^1] with { ByteSize = Math.Max(0, reader.Length - start - tensors[^1].Offset) };
        for (int i = 0; i < tensors.Count; i++)
        {
            GgufTensor tensor = tensors[i];
            if (tensor.Offset > reader.Length - start || tensor.ByteSize > reader.Length - start - tensor.Offset)
            {
                throw new HafsException(
                    ErrorKind.InvalidData,
                    "FileTruncated",
                    $"{path}: {tensor.Name} ends at byte {(decimal)start + tensor.Offset + tensor.ByteSize:N0}, but the file has {reader.Length:N0}",
                    path,
                    "The file is incomplete; copy or download it again.");
            }

            tensors[i] = tensor with { Offset = start + tensor.Offset };
        }

        return tensors;
    }

    private long CheckedAlign(GgufTensor tensor, long expected, int alignment)
    {
        try
        {
            return checked(expected + GgufHeader.Align(tensor.ByteSize, alignment));
        }
        catch (OverflowException exception)
        {
            throw new HafsException(ErrorKind.InvalidData, "GgufTensorShape", $"{path}: the tensors up to {tensor.Name} exceed 2^63 bytes", path, inner: exception);
        }
    }

    private GgufTensor ReadTensor(HashSet<string> names)
    {
        long at = reader.Position;
        string name = ReadName("a tensor name", GgufHeader.MaxTensorNameBytes);
        if (!names.Add(name))
            throw Invalid("GgufDuplicateTensor", at, $"tensor {name} stands a second time");
        at = reader.Position;
        uint dimensionCount = reader.ReadUInt32($"the dimensions of {name}");
        if (dimensionCount > GgufHeader.MaxDimensions)
            throw Invalid("GgufTensorShape", at, $"{name} has {dimensionCount:N0} dimensions; at most {GgufHeader.MaxDimensions} are allowed");
        long[] dimensions = new long[dimensionCount];
        for (int i = dimensions.Length - 1; i >= 0; i--)
        {
            ulong size = reader.ReadUInt64($"a dimension of {name}");
            if (size is 0 or > int.MaxValue * 256UL)
                throw Invalid("GgufTensorShape", reader.Position - 8, $"{name} has a dimension of {size:N0}");
            dimensions[i] = (long)size;
        }

        at = reader.Position;
        var type = (GgmlType)reader.ReadUInt32($"the type of {name}");
        ulong offset = reader.ReadUInt64($"the offset of {name}");
        if (offset > long.MaxValue)
            throw Invalid("GgufTensorOffset", reader.Position - 8, $"{name} begins at {offset:N0}");
        try
        {
            var shape = new Shape(dimensions);
            if (GgmlTypes.BlockOf(type) is not { } block)
                return new GgufTensor(name, type, shape, (long)offset, 0);
            if (shape.RowLength % block.Elements != 0)
                throw Invalid("GgufRowNotWholeBlocks", at, $"a row of {name} has {shape.RowLength:N0} elements, which are not whole {type} blocks of {block.Elements}");
            return new GgufTensor(name, type, shape, (long)offset, checked(type.RowBytes(shape.RowLength) * shape.RowCount));
        }
        catch (OverflowException exception)
        {
            throw new HafsException(ErrorKind.InvalidData, "GgufTensorShape", $"{path}: byte {at:N0}: {name} exceeds 2^63 elements or bytes", path, inner: exception);
        }
    }

    private HafsException Invalid(string id, long position, string message) => new(ErrorKind.InvalidData, id, $"{path}: byte {position:N0}: {message}", path);
}
