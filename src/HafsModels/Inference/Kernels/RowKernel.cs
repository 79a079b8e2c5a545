using System.Runtime.Intrinsics;
using HafsModels.Quantization;
using HafsModels.Tensors;

namespace HafsModels.Inference.Kernels;

/// <summary>
/// Arithmetic on rows of one stored type. The weights are taken exactly as the file says, so that what a comparison shows is the file's doing
/// and not that of a shortcut here. The order of the sums is the kernel's own.
/// </summary>
internal abstract class RowKernel(GgmlType type)
{
    private const int RowsTogether = 16;

    /// <summary>The stored type.</summary>
    public GgmlType Type { get; } = type;

    /// <summary>Widens a row to float, bit for bit as the block format decodes it.</summary>
    /// <param name="row">Stored bytes of the row.</param>
    /// <param name="destination">Takes exactly the row's elements.</param>
    public unsafe void Widen(ReadOnlySpan<byte> row, Span<float> destination)
    {
        if (row.Length < Type.RowBytes(destination.Length))
            throw new ArgumentException($"{row.Length} bytes are less than a row of {destination.Length} {Type} elements");
        fixed (byte* bytes = row)
        fixed (float* numbers = destination)
            Widen(bytes, destination.Length, numbers);
    }

    /// <summary>Scalar products of rows with a vector.</summary>
    /// <param name="rows">Stored bytes of the rows, one after the other.</param>
    /// <param name="vector">As many elements as a row has.</param>
    /// <param name="products">Takes a number for each row.</param>
    public unsafe void Multiply(ReadOnlySpan<byte> rows, Activations vector, Span<float> products)
    {
        long rowBytes = Type.RowBytes(vector.Count);
        if (rows.Length < rowBytes * products.Length)
            throw new ArgumentException($"{rows.Length} bytes are less than {products.Length} rows of {vector.Count} {Type} elements");
        fixed (byte* bytes = rows)
        {
            // A row's last additions wait for each other; those of several rows, left until then, do not.
            Vector256<float>* sums = stackalloc Vector256<float>[RowsTogether];
            for (int first = 0; first < products.Length; first += RowsTogether)
            {
                int count = Math.Min(RowsTogether, products.Length - first);
                for (int row = 0; row < count; row++)
                    sums[row] = Dot(bytes + ((first + row) * rowBytes), vector.Count, vector);
                for (int row = 0; row < count; row += Vector128<float>.Count)
                {
                    // Four even where fewer are left: the order of a row's additions must not depend on where it stands.
                    Vector128<float> four = Lanes.SumEach(sums[row], sums[row + 1], sums[row + 2], sums[row + 3]);
                    Span<float> to = products.Slice(first + row, Math.Min(Vector128<float>.Count, count - row));
                    if (to.Length == Vector128<float>.Count)
                        four.CopyTo(to);
                    for (int i = 0; to.Length < Vector128<float>.Count && i < to.Length; i++)
                        to[i] = four[i];
                }
            }
        }
    }

    /// <summary>Widens a row; by the block format unless a kernel does better.</summary>
    /// <param name="row">First stored byte.</param>
    /// <param name="count">Elements; whole blocks.</param>
    /// <param name="destination">Takes the numbers.</param>
    protected virtual unsafe void Widen(byte* row, int count, float* destination) =>
        BlockFormats.Get(Type).Decode(new(row, (int)Type.RowBytes(count)), new(destination, count));

    /// <summary>Multiplies a row; gives eight numbers whose sum is the product.</summary>
    /// <param name="row">First stored byte.</param>
    /// <param name="count">Elements; whole blocks.</param>
    /// <param name="vector">As many elements.</param>
    protected abstract unsafe Vector256<float> Dot(byte* row, int count, Activations vector);
}
