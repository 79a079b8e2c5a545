using System.Buffers;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace HafsModels.Inference.Kernels;

/// <summary>
/// Products of rows of integers with many vectors of integers. Sixteen rows are unpacked four blocks at a time; while all vectors pass, four rows
/// stay in the first-level cache and are multiplied with a few vectors at once. What is summed as integers is exact.
/// </summary>
internal static unsafe class IntegerProducts
{
    private const int Rows = UnpackedRows.TileRows;

    /// <summary>Multiplies some rows of a matrix with all vectors.</summary>
    /// <param name="matrix">Its kernel is an <see cref="IntegerRowKernel"/>.</param>
    /// <param name="from">First row.</param>
    /// <param name="to">The one after the last.</param>
    /// <param name="batch">The vectors.</param>
    /// <param name="count">Vectors.</param>
    /// <param name="product">Vector after vector, each as long as the matrix has rows; takes the rows' elements.</param>
    public static void Multiply(WeightMatrix matrix, int from, int to, ActivationBatch batch, int count, Span<float> product)
    {
        if (IntegerTile512.IsSupported)
            Multiply<IntegerTile512>(matrix, from, to, batch, count, product);
        else
            Multiply<IntegerTile256>(matrix, from, to, batch, count, product);
    }

    /// <summary>Multiplies with one kind of tile.</summary>
    /// <typeparam name="TTile">The kind.</typeparam>
    internal static void Multiply<TTile>(WeightMatrix matrix, int from, int to, ActivationBatch batch, int count, Span<float> product)
        where TTile : IIntegerTile
    {
        var kernel = (IntegerRowKernel)matrix.Kernel;
        int blocks = matrix.Columns / IntegerRowKernel.BlockElements, blockBytes = matrix.RowBytes / blocks;
        float* sums = stackalloc float[Rows * TTile.Vectors];
        byte[] rented = ArrayPool<byte>.Shared.Rent(UnpackedRows.Bytes);
        fixed (byte* memory = rented)
        {
            var part = new UnpackedRows(memory, kernel);
            for (int first = from; first < to; first += UnpackedRows.Rows)
            {
                int rows = Math.Min(UnpackedRows.Rows, to - first);
                for (int block = 0; block < blocks; block += UnpackedRows.Blocks)
                {
                    int here = Math.Min(UnpackedRows.Blocks, blocks - block);
                    for (int row = 0; row < rows; row++)
                        part.Unpack(row, matrix.Row(first + row)[(block * blockBytes)..], here);
                    for (int row = 0; row < rows; row += Rows)
                    {
                        for (int vector = 0; vector < count; vector += TTile.Vectors)
                        {
                            int vectors = Math.Min(TTile.Vectors, count - vector);
                            TTile.Multiply(part, row, batch, vector, vectors, block, here, sums);
                            for (int v = 0; v < vectors; v++)
                            {
                                Vector128<float> found = Vector128.Load(sums + (v * Rows)) - part.Offsets(row, batch.Sums(vector + v, block), here);
                                Put(found, product.Slice(((vector + v) * matrix.Rows) + first + row, Math.Min(Rows, rows - row)), block > 0);
                            }
                        }
                    }
                }
            }
        }

        ArrayPool<byte>.Shared.Return(rented);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Put(Vector128<float> sums, Span<float> products, bool add)
    {
        if (products.Length == Rows)
        {
            (add ? sums + Vector128.Create<float>(products) : sums).CopyTo(products);
            return;
        }

        for (int i = 0; i < products.Length; i++)
            products[i] = sums[i] + (add ? products[i] : 0);
    }
}
