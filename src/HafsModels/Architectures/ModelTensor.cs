using HafsModels.Tensors;

namespace HafsModels.Architectures;

/// <summary>One tensor of a model folder.</summary>
/// <param name="Role">Its name in GGUF, which is its role everywhere.</param>
/// <param name="Type">Type it is stored in.</param>
/// <param name="Rows">Its numbers as the checkpoint lays them out.</param>
/// <param name="Transform">Name of the row transform on the way to GGUF, or null.</param>
public sealed record ModelTensor(string Role, ElementType Type, TensorRows Rows, string? Transform)
{
    /// <summary>Names in the checkpoint of what it is made of; empty for a computed one.</summary>
    internal IReadOnlyList<string> Sources { get; init; } = [];

    /// <summary>Row transforms between the checkpoint and <see cref="Rows"/>, first to last.</summary>
    internal IReadOnlyList<string> SourceTransforms { get; init; } = [];

    /// <summary>Bytes it takes in the checkpoint; 0 for a computed one.</summary>
    public long SourceBytes => Rows.SourceBytesPerRow * Rows.RowCount;
}
