using HafsModels.Tensors;

namespace HafsModels.Inference;

/// <summary>Takes weights from a source by role, checks their shapes, and knows which are left.</summary>
internal sealed class WeightLoader(DecoderWeights source, WeightArena arena, CancellationToken cancellationToken)
{
    private const int TileBytes = 4 << 20;

    private readonly IReadOnlyDictionary<string, (GgmlType Type, Shape Shape)> roles = source.Roles;
    private readonly HashSet<string> left = [.. source.Roles.Keys];

    /// <summary>Loads a matrix.</summary>
    /// <exception cref="HafsException">It is missing or has another shape.</exception>
    public WeightMatrix Matrix(string role, int rows, int columns) => Load(role, new Shape(rows, columns));

    /// <summary>Loads a vector and widens it.</summary>
    /// <exception cref="HafsException">It is missing or has another shape.</exception>
    public float[] Vector(string role, int length) => Load(role, new Shape(length)).ToArray();

    /// <summary>Loads a vector, or gives an empty one when the model has none.</summary>
    /// <exception cref="HafsException">It has another shape.</exception>
    public float[] OptionalVector(string role, int length) => roles.ContainsKey(role) ? Vector(role, length) : [];

    /// <summary>Whether there is a weight.</summary>
    public bool Has(string role) => roles.ContainsKey(role);

    /// <summary>Dimensions of a weight; null when there is none.</summary>
    public Shape? ShapeOf(string role) => roles.TryGetValue(role, out (GgmlType Type, Shape Shape) found) ? found.Shape : null;

    /// <summary>Loads matrices that are stacked.</summary>
    /// <exception cref="HafsException">It is missing or has another shape.</exception>
    public WeightMatrix[] Stack(string role, int count, int rows, int columns)
    {
        WeightMatrix all = Load(role, new Shape(count, rows, columns));
        return [.. Enumerable.Range(0, count).Select(i => all.Slice(i * rows, rows, i))];
    }

    /// <summary>Loads vectors that are stacked; empty ones when the model has none.</summary>
    /// <exception cref="HafsException">It has another shape.</exception>
    public float[][] OptionalVectors(string role, int count, int length)
    {
        float[] all = Has(role) ? Load(role, new Shape(count, length)).ToArray() : [];
        return [.. Enumerable.Range(0, count).Select(i => all.Length == 0 ? all : all[(i * length)..((i + 1) * length)])];
    }

    /// <summary>Loads a norm, with its bias if it has one.</summary>
    /// <exception cref="HafsException">It is missing or has another shape.</exception>
    public DecoderNorm Norm(string name, int length) => new(Vector(name + ".weight", length), OptionalVector(name + ".bias", length));

    /// <summary>Loads a norm, or none when the model has none.</summary>
    /// <exception cref="HafsException">It has another shape.</exception>
    public DecoderNorm OptionalNorm(string name, int length) => Has(name + ".weight") ? Norm(name, length) : DecoderNorm.None;

    /// <summary>Checks that every weight was used.</summary>
    /// <exception cref="HafsException">Some were not.</exception>
    public void ThrowIfAnyLeft()
    {
        if (left.Count == 0)
            return;
        string first = left.Order(StringComparer.Ordinal).First();
        throw new HafsException(
            ErrorKind.Unsupported,
            "UnknownDecoderTensor",
            $"{source.Name}: tensor {first}{(left.Count > 1 ? $" and {left.Count - 1:N0} more" : "")}: the decoder does not know what it does in family {source.Config.Family}",
            first);
    }

    private unsafe WeightMatrix Load(string role, Shape wanted)
    {
        cancellationToken.ThrowIfCancellationRequested();
        if (!roles.TryGetValue(role, out (GgmlType Type, Shape Shape) found))
            throw new HafsException(ErrorKind.InvalidData, "MissingTensor", $"{source.Name}: tensor {role} is missing; family {source.Config.Family} needs it", role);
        if (!WithoutLeadingOnes(found.Shape).SequenceEqual(WithoutLeadingOnes(wanted)))
            throw new HafsException(ErrorKind.InvalidData, "WrongTensorShape", $"{source.Name}: tensor {role} has shape {found.Shape}; {wanted} is needed", role);
        left.Remove(role);

        int rows = (int)wanted.RowCount, columns = (int)wanted.RowLength;
        long rowBytes = found.Type.RowBytes(columns);
        var matrix = new WeightMatrix(found.Type, rows, columns, arena.Allocate(checked(rows * rowBytes))) { Role = role };
        int tile = (int)Math.Max(1, TileBytes / rowBytes);
        for (int row = 0; row < rows; row += tile)
        {
            cancellationToken.ThrowIfCancellationRequested();
            source.Read(role, row, matrix.RowData(row, Math.Min(tile, rows - row)));
        }

        return matrix;
    }

    // A matrix of one row is a vector.
    private static IEnumerable<long> WithoutLeadingOnes(Shape shape) => shape.SkipWhile((size, i) => size == 1 && i < shape.Count - 1);
}
