using HafsModels.Tensors;

namespace HafsModels.Quantization;

/// <summary>How much each column of each tensor counts: mean squares of the activations that meet it, measured over a text.</summary>
/// <param name="Columns">GGUF name of a tensor to one weight for each column; for stacked experts one such row an expert, one after the other.</param>
public sealed record ImportanceMatrix(IReadOnlyDictionary<string, ReadOnlyMemory<float>> Columns)
{
    /// <summary>Where it came from, or null when it was not read from a file.</summary>
    public ImportanceOrigin? Origin { get; init; }

    /// <summary>The weights of one tensor; empty where the matrix has none.</summary>
    /// <exception cref="HafsException">The matrix was measured on a model of another shape.</exception>
    public ReadOnlyMemory<float> For(string name, Shape shape)
    {
        ArgumentNullException.ThrowIfNull(shape);
        if (!Columns.TryGetValue(name, out ReadOnlyMemory<float> weights))
            return default;
        long wanted = shape.Count > 2 ? shape.ElementCount / shape[^2] : shape.RowLength;
        return weights.Length == wanted ? weights : throw new HafsException(
            ErrorKind.InvalidData,
            "ImportanceShape",
            $"{name}: the importance matrix has {weights.Length:N0} weights for it, the tensor wants {wanted:N0}",
            name,
            "The importance matrix belongs to another model; measure one with this model.");
    }

    /// <summary>The weights of one matrix of a stack; empty where the matrix has none.</summary>
    /// <param name="name">GGUF name of the tensor.</param>
    /// <param name="item">Which matrix of the stack; 0 when nothing is stacked.</param>
    /// <param name="columns">Elements of a row.</param>
    /// <exception cref="HafsException">The matrix was measured on a model of another shape.</exception>
    public ReadOnlyMemory<float> ForItem(string name, int item, int columns)
    {
        if (!Columns.TryGetValue(name, out ReadOnlyMemory<float> weights))
            return default;
        return weights.Length >= (item + 1) * columns && weights.Length % columns == 0 ? weights.Slice(item * columns, columns) : For(name, new Shape(item + 1, 1, columns));
    }
}
