namespace HafsModels.Formats.Gguf;

/// <summary>Facts about <see cref="GgufValueType"/>.</summary>
internal static class GgufValueTypes
{
    /// <summary>Bytes of one value of a fixed-size type; 8 for a string (its length field alone), null for arrays and unknown types.</summary>
    public static int? MinimumBytes(GgufValueType type) => type switch
    {
        GgufValueType.U8 or GgufValueType.I8 or GgufValueType.Bool => 1,
        GgufValueType.U16 or GgufValueType.I16 => 2,
        GgufValueType.U32 or GgufValueType.I32 or GgufValueType.F32 => 4,
        GgufValueType.U64 or GgufValueType.I64 or GgufValueType.F64 or GgufValueType.String => 8,
        _ => null,
    };

    /// <summary>The type that holds a .NET value, or null.</summary>
    public static GgufValueType? Of(Type type) =>
        type == typeof(byte) ? GgufValueType.U8
        : type == typeof(sbyte) ? GgufValueType.I8
        : type == typeof(ushort) ? GgufValueType.U16
        : type == typeof(short) ? GgufValueType.I16
        : type == typeof(uint) ? GgufValueType.U32
        : type == typeof(int) ? GgufValueType.I32
        : type == typeof(float) ? GgufValueType.F32
        : type == typeof(bool) ? GgufValueType.Bool
        : type == typeof(string) ? GgufValueType.String
        : type == typeof(ulong) ? GgufValueType.U64
        : type == typeof(long) ? GgufValueType.I64
        : type == typeof(double) ? GgufValueType.F64
        : null;
}
