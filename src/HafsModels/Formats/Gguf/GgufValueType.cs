namespace HafsModels.Formats.Gguf;

/// <summary>Types of metadata values, numbered as in the files. Source: the GGUF specification of ggml.</summary>
public enum GgufValueType : uint
{
    /// <summary>Unsigned 8-bit integer.</summary>
    U8 = 0,

    /// <summary>Signed 8-bit integer.</summary>
    I8 = 1,

    /// <summary>Unsigned 16-bit integer.</summary>
    U16 = 2,

    /// <summary>Signed 16-bit integer.</summary>
    I16 = 3,

    /// <summary>Unsigned 32-bit integer.</summary>
    U32 = 4,

    /// <summary>Signed 32-bit integer.</summary>
    I32 = 5,

    /// <summary>IEEE 754 binary32.</summary>
    F32 = 6,

    /// <summary>One byte, 0 or 1.</summary>
    Bool = 7,

    /// <summary>UTF-8, preceded by its length in bytes.</summary>
#pragma warning disable CA1720 // The specification's name.
    String = 8,
#pragma warning restore CA1720

    /// <summary>Values of one type, preceded by type and count.</summary>
    Array = 9,

    /// <summary>Unsigned 64-bit integer.</summary>
    U64 = 10,

    /// <summary>Signed 64-bit integer.</summary>
    I64 = 11,

    /// <summary>IEEE 754 binary64.</summary>
    F64 = 12,
}
