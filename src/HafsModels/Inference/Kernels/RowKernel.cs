using HafsModels.Tensors;

namespace HafsModels.Inference.Kernels;

/// <summary>
/// Arithmetic on rows of one stored type. The weights are taken exactly as the file says and products are summed in float, so what a
/// comparison shows is the file's doing and not that of a shortcut here. The order of the sums is the kernel's own.
/// </summary>
internal abstract class RowKernel(GgmlType type)
{
    /// <summary>The stored type.</summary>
    public GgmlType Type { get; } = type;

    /// <summary>Widens a row to float.</summary>
    /// <param name="row">Stored bytes of the row.</param>
    /// <param name="destination">Takes exactly the row's elements.</param>
    public abstract void Widen(ReadOnlySpan<byte> row, Span<float> destination);

    /// <summary>Scalar product of a row with a vector.</summary>
    /// <param name="row">Stored bytes of the row.</param>
    /// <param name="vector">As many elements as the row has.</param>
    public abstract float Dot(ReadOnlySpan<byte> row, ReadOnlySpan<float> vector);
}
