namespace HafsModels.Tensors;

/// <summary>Facts about <see cref="ElementType"/>.</summary>
public static class ElementTypes
{
    /// <summary>Bytes one element occupies.</summary>
    public static int ByteSize(this ElementType type) => type switch
    {
        ElementType.F64 or ElementType.I64 or ElementType.U64 => 8,
        ElementType.F32 or ElementType.I32 or ElementType.U32 => 4,
        ElementType.F16 or ElementType.BF16 or ElementType.I16 or ElementType.U16 => 2,
        _ => 1,
    };

    /// <summary>Whether the type can be widened to float and so hold weights.</summary>
    public static bool IsFloat(this ElementType type) => type <= ElementType.F8_E5M2;
}
