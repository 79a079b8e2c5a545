using System.Globalization;

namespace HafsModels.Formats.Gguf;

/// <summary>One typed metadata value. The .NET type of <see cref="Value"/> says the GGUF type: <c>uint</c> is u32, <c>string[]</c> an array of strings.</summary>
public sealed class GgufValue
{
    /// <summary>Wraps a value: byte, sbyte, ushort, short, uint, int, float, bool, string, ulong, long, double, or a one-dimensional array of one of them.</summary>
    /// <exception cref="HafsException">The .NET type has no counterpart in GGUF.</exception>
    public GgufValue(object value)
    {
        ArgumentNullException.ThrowIfNull(value);
        GgufValueType? type = value is Array array ? GgufValueTypes.Of(array.GetType().GetElementType()!) : GgufValueTypes.Of(value.GetType());
        if (type is null || value is Array { Rank: not 1 })
            throw new HafsException(ErrorKind.InvalidArgument, "GgufValueType", $"a value of type {value.GetType().Name} cannot be written as GGUF metadata");
        Value = value;
        Type = value is Array ? GgufValueType.Array : type.Value;
        ElementType = value is Array ? type : null;
    }

    /// <summary>The type as the file states it.</summary>
    public GgufValueType Type { get; }

    /// <summary>Type of an array's items; null when this is no array.</summary>
    public GgufValueType? ElementType { get; }

    /// <summary>The value: a scalar, a string, or a typed array.</summary>
    public object Value { get; }

    /// <summary>The value's bytes in the file, where text in it is no UTF-8 and <see cref="Value"/> could not be written back as it was; else empty.</summary>
    internal ReadOnlyMemory<byte> Stored { get; init; }

    /// <summary>Items of an array; 1 otherwise.</summary>
    public int Count => Value is Array array ? array.Length : 1;

    /// <summary>The value as a whole number, whatever integer type holds it; null when it is not one.</summary>
    public long? AsInteger() => Value switch
    {
        byte v => v,
        sbyte v => v,
        ushort v => v,
        short v => v,
        uint v => v,
        int v => v,
        long v => v,
        ulong v and <= long.MaxValue => (long)v,
        _ => null,
    };

    /// <summary>The value as a number; null when it is not one.</summary>
    public double? AsNumber() => Value switch
    {
        float v => v,
        double v => v,
        _ => AsInteger(),
    };

    /// <summary>A scalar as text; an array as <c>string[2048]</c>.</summary>
    public override string ToString() =>
        Value is Array array ? $"{ElementType}[{array.Length}]" : Convert.ToString(Value, CultureInfo.InvariantCulture) ?? "";
}
