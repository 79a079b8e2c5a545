using System.Runtime.InteropServices;
using HafsModels.Inference;
using HafsModels.Inference.Kernels;
using HafsModels.Quantization;
using HafsModels.Tensors;
using Xunit;

namespace HafsModels.Tests.Inference;

public class MatrixProductsTests
{
    public static TheoryData<string> Types => [.. RowKernels.All.Select(kernel => kernel.Type.ToString())];

    public static TheoryData<string> IntegerTypes => [.. RowKernels.All.OfType<IntegerRowKernel>().Select(kernel => kernel.Type.ToString())];

    [Theory]
    [MemberData(nameof(Types))]
    public void Products_of_one_and_of_many_vectors_are_those_of_the_decoded_numbers_within_the_stated_rounding(string name)
    {
        GgmlType type = Enum.Parse<GgmlType>(name);
        foreach ((int rows, int columns, int count) in ((int, int, int)[])[(1, 256, 2), (5, 512, 3), (21, 1280, 1), (21, 1280, 4), (35, 2304, 7)])
        {
            float[] weights = Numbers(rows * columns, rows, 3), vectors = Numbers(count * columns, columns, 2);
            byte[] stored = Encode(type, weights, columns);
            BlockFormats.Get(type).Decode(stored, weights);
            float[] products = Multiply(type, stored, rows, columns, vectors, count, threads: 2);
            for (int vector = 0; vector < count; vector++)
            {
                for (int row = 0; row < rows; row++)
                {
                    double expected = 0, allowed = 0;
                    for (int i = 0; i < columns; i++)
                    {
                        double term = (double)weights[(row * columns) + i] * vectors[(vector * columns) + i];
                        float largest = vectors.AsSpan((vector * columns) + (i / 256 * 256), 256).ToArray().Max(MathF.Abs);
                        expected += term;
                        allowed += (1e-6 * Math.Abs(term)) + (Math.Abs(weights[(row * columns) + i]) * largest / 65534);
                    }

                    Assert.InRange(products[(vector * rows) + row], expected - allowed, expected + allowed);
                }
            }
        }
    }

    [Theory]
    [MemberData(nameof(Types))]
    public void Products_do_not_depend_on_the_number_of_threads(string name)
    {
        GgmlType type = Enum.Parse<GgmlType>(name);
        const int Rows = 300, Columns = 512;
        byte[] stored = Encode(type, Numbers(Rows * Columns, 1, 2), Columns);
        foreach (int count in (int[])[1, 5])
        {
            float[] vectors = Numbers(count * Columns, 2, 2);
            Assert.Equal(Multiply(type, stored, Rows, Columns, vectors, count, threads: 1), Multiply(type, stored, Rows, Columns, vectors, count, threads: 3));
        }
    }

    [Theory]
    [MemberData(nameof(IntegerTypes))]
    public unsafe void Unpacked_integers_times_their_factor_less_their_offset_are_the_decoded_numbers(string name)
    {
        var kernel = (IntegerRowKernel)RowKernels.Get(Enum.Parse<GgmlType>(name));
        const int Blocks = 5, Count = Blocks * IntegerRowKernel.BlockElements;
        float[] numbers = Numbers(Count, 7, 3), factors = new float[Blocks], offsets = new float[Blocks * IntegerRowKernel.BlockGroups];
        byte[] stored = Encode(kernel.Type, numbers, Count);
        BlockFormats.Get(kernel.Type).Decode(stored, numbers);
        var integers = new short[Count];
        fixed (byte* block = stored)
        fixed (short* to = integers)
        fixed (float* factor = factors, offset = offsets)
            kernel.Unpack(block, Blocks, to, factor, offset);
        for (int i = 0; i < Count; i++)
        {
            Assert.InRange(integers[i], -kernel.Largest, kernel.Largest);
            float offset = kernel.HasOffsets ? offsets[i / IntegerRowKernel.GroupElements] : 0, product = integers[i] * factors[i / IntegerRowKernel.BlockElements];
            Assert.Equal(numbers[i], product - offset, 1e-6f * (MathF.Abs(product) + MathF.Abs(offset)));
        }
    }

    [Theory]
    [MemberData(nameof(IntegerTypes))]
    public void The_largest_integers_and_activations_do_not_overflow(string name)
    {
        GgmlType type = Enum.Parse<GgmlType>(name);
        const int Columns = 512;
        var stored = new byte[type.RowBytes(Columns)];
        foreach (byte pattern in (byte[])[0xFF, 0x7F, 0x80, 0x00])
        {
            // Any bits but those of the factors, which are made 1: they stand first (Q4_K, Q5_K) or last (Q3_K, Q6_K).
            Array.Fill(stored, pattern);
            int block = stored.Length / 2;
            for (int at = 0; at < stored.Length; at += block)
            {
                int factor = type is GgmlType.Q4_K or GgmlType.Q5_K ? 0 : block - 2;
                (stored[at + factor], stored[at + factor + 1]) = (0x00, 0x3C);
                if (factor == 0)
                    (stored[at + 2], stored[at + 3]) = (0x00, 0x3C);
            }

            var numbers = new float[Columns];
            BlockFormats.Get(type).Decode(stored, numbers);
            float[] vectors = [.. numbers.Select(n => n < 0 ? -1f : 1f), .. Enumerable.Repeat(1f, Columns)];
            float[] products = Multiply(type, stored, 1, Columns, vectors, 2, threads: 1);
            for (int vector = 0; vector < 2; vector++)
            {
                double expected = numbers.Select((n, i) => (double)n * vectors[(vector * Columns) + i]).Sum();
                Assert.Equal(expected, products[vector], 1e-5 * numbers.Sum(n => Math.Abs((double)n)) + 1e-3);
            }
        }
    }

    private static unsafe float[] Multiply(GgmlType type, byte[] stored, int rows, int columns, float[] vectors, int count, int threads)
    {
        using var team = new WorkerTeam(threads);
        var products = new float[count * rows];
        GCHandle pinned = GCHandle.Alloc(stored, GCHandleType.Pinned);
        new MatrixProducts(team).Run(vectors, count, (new WeightMatrix(type, rows, columns, (byte*)pinned.AddrOfPinnedObject()), products));
        pinned.Free();
        return products;
    }

    private static byte[] Encode(GgmlType type, float[] numbers, int columns)
    {
        var stored = new byte[type.RowBytes(columns) * (numbers.Length / columns)];
        BlockFormats.Get(type).Encode(numbers, columns, [], stored);
        return stored;
    }

    private static float[] Numbers(int count, int seed, int decades)
    {
        var random = new Random(seed);
        return [.. Enumerable.Range(0, count).Select(_ => (random.NextSingle() - 0.5f) * MathF.Pow(10, random.Next(-decades, decades)))];
    }
}
