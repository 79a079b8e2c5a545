using HafsModels.Inference.Kernels;
using HafsModels.Quantization;
using HafsModels.Tensors;
using Xunit;

namespace HafsModels.Tests.Inference;

public class MatrixProductsTests
{
    public static TheoryData<string> Types => [.. RowKernels.All.Select(kernel => kernel.Type.ToString())];

    public static TheoryData<string> IntegerTypes => [.. RowKernels.All.OfType<IntegerRowKernel>().Select(kernel => kernel.Type.ToString())];

    [Fact]
    public void Products_of_one_and_of_many_vectors_are_those_of_the_decoded_numbers_within_the_stated_rounding() =>
        Assert.Equal((RowKernels.All.Count * ProductCases.Sizes.Count, 0), ProductCases.RunAll());

    [SkippableTheory]
    [MemberData(nameof(IntegerTypes))]
    public void Tiles_of_every_width_give_the_products_of_the_decoded_numbers(string name)
    {
        GgmlType type = Enum.Parse<GgmlType>(name);
        foreach ((int rows, int columns, int count) in ProductCases.Sizes)
        {
            Assert.Equal(0, ProductCases.Wrong(type, rows, columns, count, (type, stored, vectors) => ProductCases.Multiply<IntegerTile256>(type, stored, rows, columns, vectors, count)));
            Skip.IfNot(IntegerTile512.IsSupported, "tiles of 512 bits need AVX-512");
            Assert.Equal(0, ProductCases.Wrong(type, rows, columns, count, (type, stored, vectors) => ProductCases.Multiply<IntegerTile512>(type, stored, rows, columns, vectors, count)));
        }
    }

    [Theory]
    [InlineData("DOTNET_EnableAVX512")]
    [InlineData("DOTNET_EnableAVX2")]
    [InlineData("DOTNET_EnableAVX")]
    [InlineData("DOTNET_EnableHWIntrinsic")]
    public async Task Products_are_right_with_instructions_switched_off(string variable)
    {
        // No switch leaves the tiles of 512 bits, so the narrower ones must have run.
        Assert.Equal($"cases {RowKernels.All.Count * ProductCases.Sizes.Count} wrong 0 tiles 256", await SwitchedOff.Run(variable, "products"));
    }

    [Theory]
    [MemberData(nameof(Types))]
    public void Products_do_not_depend_on_the_number_of_threads(string name)
    {
        GgmlType type = Enum.Parse<GgmlType>(name);
        const int Rows = 307, Columns = 512;
        byte[] stored = ProductCases.Encode(type, ProductCases.Numbers(Rows * Columns, 1, 2), Columns);
        foreach (int count in (int[])[1, 5])
        {
            float[] vectors = ProductCases.Numbers(count * Columns, 2, 2);
            Assert.Equal(ProductCases.Multiply(type, stored, Rows, Columns, vectors, count, threads: 1), ProductCases.Multiply(type, stored, Rows, Columns, vectors, count, threads: 3));
        }
    }

    [Theory]
    [MemberData(nameof(IntegerTypes))]
    public unsafe void Unpacked_integers_times_their_factor_less_their_offset_are_the_decoded_numbers(string name)
    {
        var kernel = (IntegerRowKernel)RowKernels.Get(Enum.Parse<GgmlType>(name));
        const int Blocks = 5, Count = Blocks * IntegerRowKernel.BlockElements;
        float[] numbers = ProductCases.Numbers(Count, 7, 3), factors = new float[Blocks], offsets = new float[Blocks * IntegerRowKernel.BlockGroups];
        byte[] stored = ProductCases.Encode(kernel.Type, numbers, Count);
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

    [SkippableTheory]
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
            Check(ProductCases.Multiply<IntegerTile256>(type, stored, 1, Columns, vectors, 2));
            Skip.IfNot(IntegerTile512.IsSupported, "tiles of 512 bits need AVX-512");
            Check(ProductCases.Multiply<IntegerTile512>(type, stored, 1, Columns, vectors, 2));

            void Check(float[] products)
            {
                for (int vector = 0; vector < 2; vector++)
                {
                    double expected = numbers.Select((n, i) => (double)n * vectors[(vector * Columns) + i]).Sum();
                    Assert.Equal(expected, products[vector], 1e-5 * numbers.Sum(n => Math.Abs((double)n)) + 1e-3);
                }
            }
        }
    }
}
