using System.Globalization;
using HafsModels.Formats.Gguf;

namespace HafsModels.Conversion;

/// <summary>Values that users give for metadata, in the types that files have.</summary>
internal static class MetadataEdits
{
    /// <summary>The value for a key: in the type that the key has already; otherwise whole numbers become u32 where they fit, and other numbers f32, as llama-quantize writes them.</summary>
    /// <exception cref="HafsException">The value cannot be what the key is.</exception>
    public static GgufValue Value(string key, object value, GgufValue? existing)
    {
        if (value is GgufValue given)
            return given;
        if (existing is null || existing.Value is Array || value is Array)
            return new GgufValue(value is Array ? value : Plain(value));
        try
        {
            return new GgufValue(Convert.ChangeType(value, existing.Value.GetType(), CultureInfo.InvariantCulture));
        }
        catch (Exception exception) when (exception is FormatException or InvalidCastException or OverflowException)
        {
            throw new HafsException(ErrorKind.InvalidArgument, "MetadataType", $"metadata {key} is {existing.Type}; {value} cannot be that", key, inner: exception);
        }
    }

    private static object Plain(object value) => value switch
    {
        int or long or short or sbyte or byte or ushort or ulong when Convert.ToDecimal(value, CultureInfo.InvariantCulture) is >= 0 and <= uint.MaxValue => Convert.ToUInt32(value, CultureInfo.InvariantCulture),
        double number => (float)number,
        _ => value,
    };
}
