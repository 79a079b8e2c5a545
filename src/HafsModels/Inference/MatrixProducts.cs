using System.Buffers;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using HafsModels.Inference.Kernels;

namespace HafsModels.Inference;

/// <summary>
/// Products of weight matrices with one or many activation vectors, over the rows of all matrices at once. One vector: each stored row is
/// multiplied as it is unpacked. Many: a few rows are unpacked once and multiplied with all vectors, in tiles that stay in registers.
/// </summary>
/// <param name="team">The threads.</param>
/// <param name="collector">Sees every input, or null.</param>
internal sealed class MatrixProducts(WorkerTeam team, ActivationCollector? collector = null)
{
    private const int TileRows = 4;
    private const int PieceBytes = 32 * 1024;
    private const int VectorsTogether = 8;

    private readonly Activations activations = new();
    private readonly ActivationBatch batch = new();

    /// <summary>Multiplies.</summary>
    /// <param name="inputs"><paramref name="count"/> vectors of as many elements as the matrices have columns, one after the other.</param>
    /// <param name="count">Number of vectors.</param>
    /// <param name="products">Matrices, and where each product goes: vector after vector, each as long as the matrix has rows.</param>
    public void Run(ReadOnlyMemory<float> inputs, int count, params (WeightMatrix Matrix, Memory<float> Product)[] products)
    {
        collector?.Add(inputs, count, products);
        int rows = 0;
        long bytes = 0;
        foreach ((WeightMatrix matrix, _) in products)
        {
            rows = checked(rows + matrix.Rows);
            bytes += (long)matrix.Rows * matrix.RowBytes;
        }

        int grain = (int)Math.Clamp(PieceBytes / Math.Max(1, bytes / rows), 1, Math.Max(1, rows / team.Threads));
        grain = Math.Max(TileRows, grain / TileRows * TileRows);
        int columns = products[0].Matrix.Columns;
        if (count == 1)
            activations.Prepare(inputs.Span[..columns]);
        else if (products.Any(product => product.Matrix.Kernel is IntegerRowKernel))
            Prepare(inputs, count, columns);
        team.Run(rows, grain, (first, end) =>
        {
            int start = 0;
            foreach ((WeightMatrix matrix, Memory<float> product) in products)
            {
                int from = Math.Max(first - start, 0), to = Math.Min(end - start, matrix.Rows);
                if (from < to && count == 1)
                    matrix.Kernel.Multiply(matrix.RowData(from, to - from), activations, product.Span[from..to]);
                else if (from < to && matrix.Kernel is IntegerRowKernel)
                    IntegerProducts.Multiply(matrix, from, to, batch, count, product.Span);
                else if (from < to)
                    MultiplyMany(matrix, from, to, inputs.Span[..(count * columns)], count, product.Span);
                start += matrix.Rows;
            }
        });
    }

    private void Prepare(ReadOnlyMemory<float> inputs, int count, int columns)
    {
        batch.Reserve(count, columns);
        team.Run(count, VectorsTogether, (first, end) =>
        {
            for (int vector = first; vector < end; vector++)
                batch.Prepare(vector, inputs.Span.Slice(vector * columns, columns));
        });
    }

    private static void MultiplyMany(WeightMatrix matrix, int from, int to, ReadOnlySpan<float> inputs, int count, Span<float> product)
    {
        int columns = matrix.Columns;
        float[] rented = ArrayPool<float>.Shared.Rent(TileRows * columns);
        Span<float> tile = rented.AsSpan(0, TileRows * columns);
        Span<float> sums = stackalloc float[TileRows * TileRows];
        for (int row = from; row < to; row += TileRows)
        {
            int rows = Math.Min(TileRows, to - row);
            for (int r = 0; r < rows; r++)
                matrix.ReadRow(row + r, tile[(r * columns)..]);
            int vector = 0;
            for (; rows == TileRows && vector <= count - TileRows; vector += TileRows)
            {
                MultiplyTile(tile, inputs.Slice(vector * columns, TileRows * columns), columns, sums);
                for (int v = 0; v < TileRows; v++)
                    sums.Slice(v * TileRows, TileRows).CopyTo(product[(((vector + v) * matrix.Rows) + row)..]);
            }

            for (; vector < count; vector++)
            {
                for (int r = 0; r < rows; r++)
                    product[(vector * matrix.Rows) + row + r] = VectorMath.Dot(tile.Slice(r * columns, columns), inputs.Slice(vector * columns, columns));
            }
        }

        ArrayPool<float>.Shared.Return(rented);
    }

    /// <summary>Four rows times four vectors; <paramref name="sums"/>[4 v + r] is row r times vector v.</summary>
    private static void MultiplyTile(ReadOnlySpan<float> rows, ReadOnlySpan<float> vectors, int columns, Span<float> sums)
    {
        if (Vector512.IsHardwareAccelerated && columns % Vector512<float>.Count == 0)
        {
            MultiplyTile512(rows, vectors, columns, sums);
            return;
        }

        for (int v = 0; v < TileRows; v++)
        {
            for (int r = 0; r < TileRows; r++)
                sums[(v * TileRows) + r] = VectorMath.Dot(rows.Slice(r * columns, columns), vectors.Slice(v * columns, columns));
        }
    }

    /// <summary>Sixteen sums and four rows in twenty of the thirty-two registers; each vector is loaded once for four products.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void MultiplyTile512(ReadOnlySpan<float> rows, ReadOnlySpan<float> vectors, int columns, Span<float> sums)
    {
        ref float w0 = ref MemoryMarshal.GetReference(rows);
        ref float w1 = ref MemoryMarshal.GetReference(rows[columns..]);
        ref float w2 = ref MemoryMarshal.GetReference(rows[(2 * columns)..]);
        ref float w3 = ref MemoryMarshal.GetReference(rows[(3 * columns)..]);
        ref float x0 = ref MemoryMarshal.GetReference(vectors);
        ref float x1 = ref MemoryMarshal.GetReference(vectors[columns..]);
        ref float x2 = ref MemoryMarshal.GetReference(vectors[(2 * columns)..]);
        ref float x3 = ref MemoryMarshal.GetReference(vectors[(3 * columns)..]);
        Vector512<float> s00 = default, s01 = default, s02 = default, s03 = default;
        Vector512<float> s10 = default, s11 = default, s12 = default, s13 = default;
        Vector512<float> s20 = default, s21 = default, s22 = default, s23 = default;
        Vector512<float> s30 = default, s31 = default, s32 = default, s33 = default;
        for (nuint i = 0; i < (nuint)columns; i += (nuint)Vector512<float>.Count)
        {
            Vector512<float> a = Vector512.LoadUnsafe(ref w0, i), b = Vector512.LoadUnsafe(ref w1, i);
            Vector512<float> c = Vector512.LoadUnsafe(ref w2, i), d = Vector512.LoadUnsafe(ref w3, i);
            Vector512<float> x = Vector512.LoadUnsafe(ref x0, i);
            s00 = Vector512.MultiplyAddEstimate(a, x, s00);
            s01 = Vector512.MultiplyAddEstimate(b, x, s01);
            s02 = Vector512.MultiplyAddEstimate(c, x, s02);
            s03 = Vector512.MultiplyAddEstimate(d, x, s03);
            x = Vector512.LoadUnsafe(ref x1, i);
            s10 = Vector512.MultiplyAddEstimate(a, x, s10);
            s11 = Vector512.MultiplyAddEstimate(b, x, s11);
            s12 = Vector512.MultiplyAddEstimate(c, x, s12);
            s13 = Vector512.MultiplyAddEstimate(d, x, s13);
            x = Vector512.LoadUnsafe(ref x2, i);
            s20 = Vector512.MultiplyAddEstimate(a, x, s20);
            s21 = Vector512.MultiplyAddEstimate(b, x, s21);
            s22 = Vector512.MultiplyAddEstimate(c, x, s22);
            s23 = Vector512.MultiplyAddEstimate(d, x, s23);
            x = Vector512.LoadUnsafe(ref x3, i);
            s30 = Vector512.MultiplyAddEstimate(a, x, s30);
            s31 = Vector512.MultiplyAddEstimate(b, x, s31);
            s32 = Vector512.MultiplyAddEstimate(c, x, s32);
            s33 = Vector512.MultiplyAddEstimate(d, x, s33);
        }

        sums[0] = Vector512.Sum(s00);
        sums[1] = Vector512.Sum(s01);
        sums[2] = Vector512.Sum(s02);
        sums[3] = Vector512.Sum(s03);
        sums[4] = Vector512.Sum(s10);
        sums[5] = Vector512.Sum(s11);
        sums[6] = Vector512.Sum(s12);
        sums[7] = Vector512.Sum(s13);
        sums[8] = Vector512.Sum(s20);
        sums[9] = Vector512.Sum(s21);
        sums[10] = Vector512.Sum(s22);
        sums[11] = Vector512.Sum(s23);
        sums[12] = Vector512.Sum(s30);
        sums[13] = Vector512.Sum(s31);
        sums[14] = Vector512.Sum(s32);
        sums[15] = Vector512.Sum(s33);
    }
}
