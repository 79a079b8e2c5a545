using HafsModels.Inference.Kernels;
using HafsModels.Tensors;

namespace HafsModels.Inference;

/// <summary>One weight in memory, in the type its file stores: rows of outputs, columns of inputs. A vector is one row.</summary>
/// <param name="type">How the numbers are stored.</param>
/// <param name="rows">Rows: elements of the product with a vector.</param>
/// <param name="columns">Elements of a row.</param>
/// <param name="data">First byte of the first row; lives as long as the arena it came from.</param>
internal sealed unsafe class WeightMatrix(GgmlType type, int rows, int columns, byte* data)
{
    /// <summary>Name of the tensor it is, or is a part of.</summary>
    public string Role { get; init; } = "";

    /// <summary>Which matrix of a stack it is, such as an expert's; 0 when nothing is stacked.</summary>
    public int Item { get; init; }

    /// <summary>How the numbers are stored.</summary>
    public GgmlType Type { get; } = type;

    /// <summary>Rows: elements of the product with a vector.</summary>
    public int Rows { get; } = rows;

    /// <summary>Elements of a row.</summary>
    public int Columns { get; } = columns;

    /// <summary>Rows × columns.</summary>
    public long ElementCount => (long)Rows * Columns;

    /// <summary>Bytes of a row.</summary>
    public int RowBytes { get; } = checked((int)type.RowBytes(columns));

    /// <summary>The arithmetic of the type.</summary>
    public RowKernel Kernel { get; } = RowKernels.Get(type);

    /// <summary>Stored bytes of <paramref name="count"/> rows.</summary>
    public Span<byte> RowData(int first, int count) => new(data + ((long)first * RowBytes), checked(count * RowBytes));

    /// <summary>Stored bytes of one row.</summary>
    public ReadOnlySpan<byte> Row(int row) => new(data + ((long)row * RowBytes), RowBytes);

    /// <summary>Some rows as a matrix of their own, the <paramref name="item"/>-th of a stack; the memory is shared.</summary>
    public WeightMatrix Slice(int first, int count, int item = 0)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(first + count, Rows);
        return new WeightMatrix(Type, count, Columns, data + ((long)first * RowBytes)) { Role = Role, Item = item };
    }

    /// <summary>The numbers of one row.</summary>
    public void ReadRow(int row, Span<float> destination) => Kernel.Widen(Row(row), destination[..Columns]);

    /// <summary>All numbers; for vectors.</summary>
    public float[] ToArray()
    {
        var numbers = new float[checked(Rows * Columns)];
        for (int row = 0; row < Rows; row++)
            ReadRow(row, numbers.AsSpan(row * Columns));
        return numbers;
    }
}
