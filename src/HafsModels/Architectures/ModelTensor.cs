using HafsModels.Tensors;

namespace HafsModels.Architectures;

/// <summary>One tensor of a model folder.</summary>
/// <param name="Role">Its name in GGUF, which is its role everywhere.</param>
/// <param name="Type">Type it is stored in.</param>
/// <param name="Rows">Its numbers as the checkpoint lays them out.</param>
/// <param name="Transform">Name of the row transform on the way to GGUF, or null.</param>
public sealed record ModelTensor(string Role, ElementType Type, TensorRows Rows, string? Transform)
{
    /// <summary>Bytes it takes in the checkpoint; 0 for a computed one.</summary>
    public long SourceBytes => Rows.SourceBytesPerRow * Rows.RowCount;
}
