using System.Collections;
using System.Globalization;

namespace HafsModels.Tensors;

/// <summary>Dimensions of a tensor, outermost first, as PyTorch and safetensors write them. GGUF writes them the other way round.</summary>
public sealed class Shape : IReadOnlyList<long>, IEquatable<Shape>
{
    private readonly long[] dimensions;

    /// <summary>Creates a shape; every dimension must be positive or zero and the product must fit in 63 bits.</summary>
    public Shape(params ReadOnlySpan<long> dimensions)
    {
        long count = 1;
        foreach (long dimension in dimensions)
        {
            ArgumentOutOfRangeException.ThrowIfNegative(dimension, nameof(dimensions));
            count = checked(count * dimension);
        }

        this.dimensions = dimensions.ToArray();
        ElementCount = count;
    }

    /// <summary>Number of dimensions; 0 for a scalar.</summary>
    public int Count => dimensions.Length;

    /// <summary>Product of all dimensions; 1 for a scalar.</summary>
    public long ElementCount { get; }

    /// <summary>Elements in one row: the innermost dimension (1 for a scalar).</summary>
    public long RowLength => dimensions.Length == 0 ? 1 : dimensions[^1];

    /// <summary>Number of rows: the product of all dimensions but the innermost (1 for a vector).</summary>
    public long RowCount => RowLength == 0 ? 0 : ElementCount / RowLength;

    /// <summary>Size of one dimension, outermost first.</summary>
    public long this[int index] => dimensions[index];

    /// <inheritdoc/>
    public IEnumerator<long> GetEnumerator() => ((IEnumerable<long>)dimensions).GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    /// <inheritdoc/>
    public bool Equals(Shape? other) => other is not null && dimensions.AsSpan().SequenceEqual(other.dimensions);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as Shape);

    /// <inheritdoc/>
    public override int GetHashCode()
    {
        HashCode hash = default;
        foreach (long dimension in dimensions)
            hash.Add(dimension);
        return hash.ToHashCode();
    }

    /// <summary>For example <c>[2048, 256]</c>.</summary>
    public override string ToString() => "[" + string.Join(", ", dimensions.Select(d => d.ToString(CultureInfo.InvariantCulture))) + "]";
}
