namespace HafsModels.Tensors;

/// <summary>Geometry of GGUF tensor data: how many elements make a block and how many bytes it takes. Source: ggml's <c>type_traits</c>.</summary>
public static class GgmlTypes
{
    /// <summary>Elements and bytes of one block; null when the type is unknown here.</summary>
    public static (int Elements, int Bytes)? BlockOf(GgmlType type) => type switch
    {
        GgmlType.F32 or GgmlType.I32 => (1, 4),
        GgmlType.F16 or GgmlType.BF16 or GgmlType.I16 => (1, 2),
        GgmlType.I8 => (1, 1),
        GgmlType.I64 or GgmlType.F64 => (1, 8),
        GgmlType.Q4_0 or GgmlType.IQ4_NL => (32, 18),
        GgmlType.Q4_1 => (32, 20),
        GgmlType.Q5_0 => (32, 22),
        GgmlType.Q5_1 => (32, 24),
        GgmlType.Q8_0 => (32, 34),
        GgmlType.Q8_1 => (32, 36),
        GgmlType.MXFP4 => (32, 17),
        GgmlType.Q2_K => (256, 84),
        GgmlType.Q3_K => (256, 110),
        GgmlType.Q4_K => (256, 144),
        GgmlType.Q5_K => (256, 176),
        GgmlType.Q6_K => (256, 210),
        GgmlType.Q8_K => (256, 292),
        GgmlType.IQ2_XXS => (256, 66),
        GgmlType.IQ2_XS => (256, 74),
        GgmlType.IQ2_S => (256, 82),
        GgmlType.IQ3_XXS => (256, 98),
        GgmlType.IQ3_S => (256, 110),
        GgmlType.IQ1_S => (256, 50),
        GgmlType.IQ1_M => (256, 56),
        GgmlType.IQ4_XS => (256, 136),
        GgmlType.TQ1_0 => (256, 54),
        GgmlType.TQ2_0 => (256, 66),
        _ => null,
    };

    /// <summary>Bytes of one row of <paramref name="elements"/> elements.</summary>
    /// <exception cref="HafsException">The type is unknown or the row is not a whole number of blocks.</exception>
    public static long RowBytes(this GgmlType type, long elements)
    {
        (int Elements, int Bytes) block = BlockOf(type)
            ?? throw new HafsException(ErrorKind.Unsupported, "UnknownGgmlType", $"ggml type {(uint)type} is not known here");
        if (elements % block.Elements != 0)
            throw new HafsException(ErrorKind.InvalidData, "RowNotWholeBlocks", $"a row of {elements} elements is not a whole number of {type} blocks of {block.Elements}");
        return checked(elements / block.Elements * block.Bytes);
    }
}
