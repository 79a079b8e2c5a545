using HafsModels.Tensors;

namespace HafsModels.Quantization;

/// <summary>The table of block formats. Tests, tab completion and help read it; a new type is one file and one line here.</summary>
public static class BlockFormats
{
    /// <summary>Every format that can be encoded and decoded.</summary>
    public static IReadOnlyList<BlockFormat> All { get; } = [];

    /// <summary>The format of a type.</summary>
    /// <exception cref="HafsException">The type cannot be encoded or decoded here.</exception>
    public static BlockFormat Get(GgmlType type) => All.FirstOrDefault(f => f.Type == type)
        ?? throw new HafsException(ErrorKind.Unsupported, "UnsupportedGgmlType", $"ggml type {type} cannot be encoded or decoded");
}
