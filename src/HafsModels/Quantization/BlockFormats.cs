using HafsModels.Tensors;

namespace HafsModels.Quantization;

/// <summary>The table of block formats. Tests, tab completion and help read it; a new type is one file and one line here.</summary>
public static class BlockFormats
{
    /// <summary>Every format that can be encoded and decoded.</summary>
    public static IReadOnlyList<BlockFormat> All { get; } =
    [
        new F32(), new F16(), new BF16(),
        new Q8_0(), new Q4_0(), new Q4_1(), new Q5_0(), new Q5_1(),
        new Q2_K(), new Q3_K(), new Q4_K(), new Q5_K(), new Q6_K(),
        new IQ4_NL(), new IQ4_XS(),
        new IQ2_XXS(), new IQ2_XS(), new IQ2_S(), new IQ3_XXS(), new IQ3_S(), new IQ1_S(), new IQ1_M(),
        new TQ1_0(), new TQ2_0(), new MXFP4(),
    ];

    /// <summary>The format of a type.</summary>
    /// <exception cref="HafsException">The type cannot be encoded or decoded here.</exception>
    public static BlockFormat Get(GgmlType type) => All.FirstOrDefault(f => f.Type == type)
        ?? throw new HafsException(ErrorKind.Unsupported, "UnsupportedGgmlType", $"ggml type {type} cannot be encoded or decoded");

    /// <summary>The type that a user names, in any case.</summary>
    /// <exception cref="HafsException">No type that can be encoded has that name.</exception>
    public static GgmlType Parse(string name) => All.FirstOrDefault(f => string.Equals(f.Type.ToString(), name, StringComparison.OrdinalIgnoreCase))?.Type
        ?? throw new HafsException(ErrorKind.InvalidArgument, "UnknownGgmlType", $"no tensor type is named {name}", name, "Known: " + string.Join(", ", All.Select(f => f.Type)) + ".");
}
