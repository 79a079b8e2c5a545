using HafsModels.Architectures;
using HafsModels.Tensors;

namespace HafsModels.Conversion.Onnx;

/// <summary>A model's tensors by role, and which a graph has not used yet.</summary>
internal sealed class RoleTensors(ModelFolder folder)
{
    private readonly Dictionary<string, TensorRows> rows = folder.Tensors.ToDictionary(t => t.Role, t => t.Rows, StringComparer.Ordinal);
    private readonly HashSet<string> left = [.. folder.Tensors.Select(t => t.Role)];

    /// <summary>Whether there is a tensor.</summary>
    public bool Has(string role) => rows.ContainsKey(role);

    /// <summary>Takes a tensor; null when there is none.</summary>
    public TensorRows? Find(string role)
    {
        left.Remove(role);
        return rows.GetValueOrDefault(role);
    }

    /// <summary>Takes a tensor.</summary>
    /// <exception cref="HafsException">There is none.</exception>
    public TensorRows Get(string role) =>
        Find(role) ?? throw new HafsException(ErrorKind.InvalidData, "MissingTensor", $"{folder.Path}: tensor {role} is missing; family {folder.Family.Name} needs it", role);

    /// <summary>Some rows of a tensor; elements of a vector.</summary>
    public static TensorRows Part(TensorRows source, long first, long count) => source.Shape.Count == 1
        ? new ReshapedRows(new SelectedRows(new ReshapedRows(source, new Shape(source.Shape[0], 1)), new Shape(count, 1), row => row + first), new Shape(count))
        : new SelectedRows(source, new Shape(count, source.RowLength), row => row + first);

    /// <summary>Checks that every tensor was used.</summary>
    /// <exception cref="HafsException">Some were not; without them the model would answer otherwise.</exception>
    public void ThrowIfAnyLeft()
    {
        if (left.Count == 0)
            return;
        string first = left.Order(StringComparer.Ordinal).First();
        throw new HafsException(
            ErrorKind.Unsupported,
            "OnnxTensorUnsupported",
            $"{folder.Path}: tensor {first}{(left.Count > 1 ? $" and {left.Count - 1:N0} more" : "")} of family {folder.Family.Name} has no part in the graphs that are built here",
            first,
            "ConvertTo-Gguf converts every family that docs/families.md lists.");
    }
}
