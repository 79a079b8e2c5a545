using System.Globalization;
using System.Text;
using System.Text.Json;
using HafsModels.Tensors;
using Microsoft.Win32.SafeHandles;

namespace HafsModels.Formats.SafeTensors;

/// <summary>
/// The header of a safetensors file, every rule of the format enforced: a length of at most 100,000,000 bytes, a JSON object of unique names,
/// types and shapes that agree with the sizes, and data that fills the file without holes or overlaps.
/// </summary>
internal sealed record SafeTensorsHeader(IReadOnlyList<(TensorInfo Tensor, long Offset)> Tensors, IReadOnlyDictionary<string, string> Metadata)
{
    private const ulong MaxHeaderBytes = 100_000_000;
    private const int LengthBytes = 8;
    private const int MaxDimensions = 64;
    private const int MaxNameCharacters = 4096;
    private const string MetadataKey = "__metadata__";

    private static readonly Dictionary<string, ElementType> Types = new(StringComparer.Ordinal)
    {
        ["F64"] = ElementType.F64,
        ["F32"] = ElementType.F32,
        ["F16"] = ElementType.F16,
        ["BF16"] = ElementType.BF16,
        ["F8_E4M3"] = ElementType.F8_E4M3,
        ["F8_E5M2"] = ElementType.F8_E5M2,
        ["I64"] = ElementType.I64,
        ["I32"] = ElementType.I32,
        ["I16"] = ElementType.I16,
        ["I8"] = ElementType.I8,
        ["U64"] = ElementType.U64,
        ["U32"] = ElementType.U32,
        ["U16"] = ElementType.U16,
        ["U8"] = ElementType.U8,
        ["BOOL"] = ElementType.Bool,
    };

    public static SafeTensorsHeader Read(SafeFileHandle file, string path)
    {
        var reader = new PositionedReader(file, path);
        ulong length = reader.ReadUInt64("the header's length");
        if (length > MaxHeaderBytes)
            throw Invalid(path, "SafeTensorsHeaderTooLarge", 0, $"header is {length:N0} bytes; at most {MaxHeaderBytes:N0} are allowed");
        if (length < 2)
            throw Invalid(path, "SafeTensorsHeaderTooSmall", 0, $"header is {length:N0} bytes; the smallest is {{}}");
        if ((long)length > reader.Remaining)
            throw Invalid(path, "FileTruncated", 0, $"header is {length:N0} bytes, but only {reader.Remaining:N0} follow");
        byte[] json = new byte[length];
        reader.Read(json, "the header");
        if (json[0] != (byte)'{')
            throw Invalid(path, "SafeTensorsHeaderStart", LengthBytes, $"header begins with byte 0x{json[0]:x2}; it must begin with '{{'");
        try
        {
            _ = new UTF8Encoding(false, throwOnInvalidBytes: true).GetCharCount(json);
        }
        catch (DecoderFallbackException exception)
        {
            throw Invalid(path, "SafeTensorsHeaderUtf8", LengthBytes + exception.Index, "header is not UTF-8", exception);
        }

        return Parse(json, path, reader.Length - reader.Position);
    }

    private static SafeTensorsHeader Parse(byte[] json, string path, long dataBytes)
    {
        var reader = new Utf8JsonReader(json, new JsonReaderOptions { MaxDepth = 4 });
        var tensors = new List<(TensorInfo Tensor, long Begin, long End)>();
        var names = new HashSet<string>(StringComparer.Ordinal);
        IReadOnlyDictionary<string, string> metadata = new Dictionary<string, string>();
        try
        {
            reader.Read();
            while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            {
                long at = LengthBytes + reader.TokenStartIndex;
                string name = reader.GetString()!;
                if (!names.Add(name))
                    throw Invalid(path, "SafeTensorsDuplicateName", at, $"{name[..Math.Min(name.Length, MaxNameCharacters)]} stands a second time");
                if (name == MetadataKey)
                    metadata = ReadMetadata(ref reader, path);
                else
                    tensors.Add(ReadTensor(ref reader, path, name, at));
            }

            while (reader.Read())
            {
            }
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException)
        {
            throw Invalid(path, "SafeTensorsHeaderJson", LengthBytes + reader.BytesConsumed, $"header is not valid JSON: {exception.Message}", exception);
        }

        // Offsets count from the end of the header; in order of place, each tensor begins where the one before ended.
        tensors.Sort((a, b) => (a.Begin, a.End).CompareTo((b.Begin, b.End)));
        long expected = 0;
        foreach ((TensorInfo tensor, long begin, long end) in tensors)
        {
            if (begin != expected)
            {
                throw Invalid(
                    path,
                    begin < expected ? "SafeTensorsOverlap" : "SafeTensorsHole",
                    LengthBytes + json.Length + begin,
                    $"{tensor.Name} begins at data offset {begin:N0}, but the data before it ends at {expected:N0}; overlaps and holes are not allowed");
            }

            expected = end;
        }

        if (expected > dataBytes)
            throw Invalid(path, "FileTruncated", LengthBytes + json.Length + dataBytes, $"the tensors need {expected:N0} bytes of data, but the file has {dataBytes:N0}");
        if (expected < dataBytes)
            throw Invalid(path, "SafeTensorsTrailingData", LengthBytes + json.Length + expected, $"{dataBytes - expected:N0} bytes after the last tensor belong to none");
        return new SafeTensorsHeader([.. tensors.Select(t => (t.Tensor, LengthBytes + json.Length + t.Begin))], metadata);
    }

    private static Dictionary<string, string> ReadMetadata(ref Utf8JsonReader reader, string path)
    {
        var metadata = new Dictionary<string, string>(StringComparer.Ordinal);
        Expect(ref reader, JsonTokenType.StartObject, path, MetadataKey, "an object");
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            string key = reader.GetString()!;
            Expect(ref reader, JsonTokenType.String, path, $"{MetadataKey}.{key}", "a string");
            if (!metadata.TryAdd(key, reader.GetString()!))
                throw Invalid(path, "SafeTensorsDuplicateName", LengthBytes + reader.TokenStartIndex, $"{MetadataKey}.{key} stands a second time");
        }

        return metadata;
    }

    private static (TensorInfo Tensor, long Begin, long End) ReadTensor(ref Utf8JsonReader reader, string path, string name, long at)
    {
        if (name.Length is 0 or > MaxNameCharacters || name.Any(char.IsControl))
            throw Invalid(path, "SafeTensorsName", at, $"a tensor's name is empty, longer than {MaxNameCharacters:N0} characters, or contains a control character");
        ElementType? type = null;
        List<long>? shape = null;
        List<long>? offsets = null;
        Expect(ref reader, JsonTokenType.StartObject, path, name, "an object");
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            string field = reader.GetString()!;
            switch (field)
            {
                case "dtype" when type is null:
                    Expect(ref reader, JsonTokenType.String, path, $"{name}.dtype", "a string");
                    string dtype = reader.GetString()!;
                    type = Types.TryGetValue(dtype, out ElementType known)
                        ? known
                        : throw new HafsException(ErrorKind.Unsupported, "SafeTensorsType", $"{path}: {name} has dtype {dtype[..Math.Min(dtype.Length, 40)]}; known are {string.Join(' ', Types.Keys)}", path);
                    break;
                case "shape" when shape is null:
                    shape = ReadIntegers(ref reader, path, $"{name}.shape", MaxDimensions);
                    break;
                case "data_offsets" when offsets is null:
                    offsets = ReadIntegers(ref reader, path, $"{name}.data_offsets", 2);
                    break;
                default:
                    throw Invalid(path, "SafeTensorsField", LengthBytes + reader.TokenStartIndex, $"{name} has a field {field[..Math.Min(field.Length, 40)]} that is unknown or stands a second time");
            }
        }

        if (type is null || shape is null || offsets is not [long begin, long end])
            throw Invalid(path, "SafeTensorsField", at, $"{name} must have dtype, shape and data_offsets [begin, end]");
        if (begin > end)
            throw Invalid(path, "SafeTensorsOffsets", at, $"{name} ends at {end:N0} before it begins at {begin:N0}");
        TensorInfo tensor;
        try
        {
            tensor = new TensorInfo(name, type.Value, new Shape([.. shape]), path);
            _ = tensor.ByteSize;
        }
        catch (OverflowException exception)
        {
            throw Invalid(path, "SafeTensorsShape", at, $"{name} has a shape of more than 2^63 bytes", exception);
        }

        if (tensor.ByteSize != end - begin)
            throw Invalid(path, "SafeTensorsSize", at, $"{name} is {type} {tensor.Shape}, {tensor.ByteSize:N0} bytes, but its offsets span {end - begin:N0}");
        return (tensor, begin, end);
    }

    private static List<long> ReadIntegers(ref Utf8JsonReader reader, string path, string what, int maximum)
    {
        var numbers = new List<long>();
        Expect(ref reader, JsonTokenType.StartArray, path, what, "an array");
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            if (reader.TokenType != JsonTokenType.Number || !reader.TryGetInt64(out long number) || number < 0 || numbers.Count == maximum)
            {
                string found = Encoding.UTF8.GetString(reader.ValueSpan[..Math.Min(reader.ValueSpan.Length, 40)]);
                throw Invalid(path, "SafeTensorsNumber", LengthBytes + reader.TokenStartIndex,
                    string.Create(CultureInfo.InvariantCulture, $"{what} has item {found}; at most {maximum} whole numbers from 0 to 2^63-1 are allowed"));
            }

            numbers.Add(number);
        }

        return numbers;
    }

    private static void Expect(ref Utf8JsonReader reader, JsonTokenType type, string path, string what, string expected)
    {
        if (!reader.Read() || reader.TokenType != type)
            throw Invalid(path, "SafeTensorsField", LengthBytes + reader.TokenStartIndex, $"{what} must be {expected}");
    }

    private static HafsException Invalid(string path, string id, long position, string message, Exception? inner = null) =>
        new(ErrorKind.InvalidData, id, $"{path}: byte {position:N0}: {message}", path, inner: inner);
}
