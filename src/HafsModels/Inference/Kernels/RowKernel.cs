using HafsModels.Tensors;

namespace HafsModels.Inference.Kernels;

/// <summary>
/// Arithmetic on rows of one stored type. The weights are taken exactly as the file says and activations stay float, so what a comparison
/// shows is the file's doing and not that of a shortcut here. The order of the sums is the kernel's own.
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
        Check(row.Length, vector.Numbers.Length);
        ArgumentOutOfRangeException.ThrowIfLessThan(vector.Sums.Length, vector.Numbers.Length / Activations.GroupSize, nameof(vector));
        fixed (byte* bytes = row)
        fixed (float* numbers = vector.Numbers, sums = vector.Sums)
            return Dot(bytes, vector.Numbers.Length, numbers, sums);
    }

    /// <summary>Widens a row.</summary>
    /// <param name="row">First stored byte.</param>
    /// <param name="count">Elements; whole blocks.</param>
    /// <param name="destination">Takes the numbers.</param>
    protected abstract unsafe void Widen(byte* row, int count, float* destination);

    /// <summary>Multiplies a row.</summary>
    /// <param name="row">First stored byte.</param>
    /// <param name="count">Elements; whole blocks.</param>
    /// <param name="vector">The vector, best on a 64-byte boundary.</param>
    /// <param name="sums">Sums of the vector's elements, sixteen by sixteen (the last, partial sixteen is left out).</param>
    protected abstract unsafe float Dot(byte* row, int count, float* vector, float* sums);

    private void Check(int bytes, int elements)
    {
        if (bytes < Type.RowBytes(elements))
            throw new ArgumentException($"{bytes} bytes are less than a row of {elements} {Type} elements");
    }
}
