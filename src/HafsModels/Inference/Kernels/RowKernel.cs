using HafsModels.Quantization;
using HafsModels.Tensors;

namespace HafsModels.Inference.Kernels;

/// <summary>
/// Arithmetic on rows of one stored type. The weights are taken exactly as the file says, so that what a comparison shows is the file's doing
/// and not that of a shortcut here. The order of the sums is the kernel's own.
/// </summary>
internal abstract class RowKernel(GgmlType type)
{
    /// <summary>The stored type.</summary>
    public GgmlType Type { get; } = type;

    /// <summary>Widens a row to float, bit for bit as the block format decodes it.</summary>
    /// <param name="row">Stored bytes of the row.</param>
    /// <param name="destination">Takes exactly the row's elements.</param>
    public unsafe void Widen(ReadOnlySpan<byte> row, Span<float> destination)
    {
        Check(row.Length, destination.Length);
        fixed (byte* bytes = row)
        fixed (float* numbers = destination)
            Widen(bytes, destination.Length, numbers);
    }

    /// <summary>Scalar product of a row with a vector.</summary>
    /// <param name="row">Stored bytes of the row.</param>
    /// <param name="vector">As many elements as the row has.</param>
    public unsafe float Dot(ReadOnlySpan<byte> row, Activations vector)
    {
        Check(row.Length, vector.Count);
        fixed (byte* bytes = row)
            return Dot(bytes, vector.Count, vector);
    }

    /// <summary>Widens a row; by the block format unless a kernel does better.</summary>
    /// <param name="row">First stored byte.</param>
    /// <param name="count">Elements; whole blocks.</param>
    /// <param name="destination">Takes the numbers.</param>
    protected virtual unsafe void Widen(byte* row, int count, float* destination) =>
        BlockFormats.Get(Type).Decode(new(row, (int)Type.RowBytes(count)), new(destination, count));

    /// <summary>Multiplies a row.</summary>
    /// <param name="row">First stored byte.</param>
    /// <param name="count">Elements; whole blocks.</param>
    /// <param name="vector">As many elements.</param>
    protected abstract unsafe float Dot(byte* row, int count, Activations vector);

    private void Check(int bytes, int elements)
    {
        if (bytes < Type.RowBytes(elements))
            throw new ArgumentException($"{bytes} bytes are less than a row of {elements} {Type} elements");
    }
}
