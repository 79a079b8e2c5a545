using System.Runtime.InteropServices;
using HafsModels.Inference;
using HafsModels.Inference.Kernels;
using HafsModels.Quantization;
using HafsModels.Tensors;

namespace HafsModels.Tests.Inference;

/// <summary>Products of stored matrices beside those of the decoded numbers in double: for each type some sizes, with one vector and with many.</summary>
internal static class ProductCases
{
    /// <summary>Rows, columns and vectors: whole and partial tiles and parts.</summary>
    public static IReadOnlyList<(int Rows, int Columns, int Count)> Sizes { get; } = [(1, 256, 2), (5, 512, 3), (21, 1280, 1), (21, 1280, 4), (35, 2304, 7)];

    /// <summary>Runs every type and size; how many there were and how many products were not within the stated rounding.</summary>
    public static (int Cases, int Wrong) RunAll()
    {
        int cases = 0, wrong = 0;
        foreach (RowKernel kernel in RowKernels.All)
        {
            foreach ((int rows, int columns, int count) in Sizes)
            {
                wrong += Wrong(kernel.Type, rows, columns, count, (type, stored, vectors) => Multiply(type, stored, rows, columns, vectors, count, threads: 2));
                cases++;
            }
        }

        return (cases, wrong);
    }

    /// <summary>How many products of a type and size are not within the stated rounding.</summary>
    public static int Wrong(GgmlType type, int rows, int columns, int count, Func<GgmlType, byte[], float[], float[]> multiply)
    {
        float[] weights = Numbers(rows * columns, rows, 3), vectors = Numbers(count * columns, columns, 2);
        byte[] stored = Encode(type, weights, columns);
        BlockFormats.Get(type).Decode(stored, weights);
        float[] products = multiply(type, stored, vectors);
        int wrong = 0;
        for (int vector = 0; vector < count; vector++)
        {
            float[] largest = [.. vectors.AsSpan(vector * columns, columns).ToArray().Chunk(256).Select(block => block.Max(MathF.Abs))];
            for (int row = 0; row < rows; row++)
            {
                double expected = 0, allowed = 0;
                for (int i = 0; i < columns; i++)
                {
                    double term = (double)weights[(row * columns) + i] * vectors[(vector * columns) + i];
                    expected += term;
                    allowed += (1e-6 * Math.Abs(term)) + (Math.Abs(weights[(row * columns) + i]) * largest[i / 256] / 65534);
                }

                // Not "greater": NaN is wrong too.
                wrong += Math.Abs(products[(vector * rows) + row] - expected) <= allowed ? 0 : 1;
            }
        }

        return wrong;
    }

    /// <summary>Products by the decoder's own arithmetic.</summary>
    public static float[] Multiply(GgmlType type, byte[] stored, int rows, int columns, float[] vectors, int count, int threads)
    {
        using var team = new WorkerTeam(threads);
        var products = new float[count * rows];
        WithMatrix(type, stored, rows, columns, matrix => new MatrixProducts(team).Run(vectors, count, (matrix, products)));
        return products;
    }

    /// <summary>Products by one kind of tile.</summary>
    public static float[] Multiply<TTile>(GgmlType type, byte[] stored, int rows, int columns, float[] vectors, int count)
        where TTile : IIntegerTile
    {
        var batch = new ActivationBatch();
        batch.Reserve(count, columns);
        for (int vector = 0; vector < count; vector++)
            batch.Prepare(vector, vectors.AsSpan(vector * columns, columns));
        var products = new float[count * rows];
        WithMatrix(type, stored, rows, columns, matrix => IntegerProducts.Multiply<TTile>(matrix, 0, rows, batch, count, products));
        return products;
    }

    /// <summary>Rows of numbers as they stand in a file.</summary>
    public static byte[] Encode(GgmlType type, float[] numbers, int columns)
    {
        var stored = new byte[type.RowBytes(columns) * (numbers.Length / columns)];
        BlockFormats.Get(type).Encode(numbers, columns, [], stored);
        return stored;
    }

    /// <summary>Numbers of many sizes.</summary>
    public static float[] Numbers(int count, int seed, int decades)
    {
        var random = new Random(seed);
        return [.. Enumerable.Range(0, count).Select(_ => (random.NextSingle() - 0.5f) * MathF.Pow(10, random.Next(-decades, decades)))];
    }

    private static unsafe void WithMatrix(GgmlType type, byte[] stored, int rows, int columns, Action<WeightMatrix> use)
    {
        GCHandle pinned = GCHandle.Alloc(stored, GCHandleType.Pinned);
        use(new WeightMatrix(type, rows, columns, (byte*)pinned.AddrOfPinnedObject()));
        pinned.Free();
    }
}
