using HafsModels.Inference.Kernels;
using HafsModels.Quantization;
using HafsModels.Tensors;
using Xunit;

namespace HafsModels.Tests.Inference;

public class RowKernelTests
{
    public static TheoryData<string> Types => [.. BlockFormats.All.Select(format => format.Type.ToString())];

    [Theory]
    [MemberData(nameof(Types))]
    public void Widened_rows_are_bit_for_bit_what_the_block_format_decodes(string name)
    {
        GgmlType type = Enum.Parse<GgmlType>(name);
        foreach (int length in Lengths(type))
        {
            byte[] row = RandomRow(type, length, length);
            float[] expected = new float[length], actual = new float[length];
            BlockFormats.Get(type).Decode(row, expected);
            RowKernels.Get(type).Widen(row, actual);
            Assert.Equal(expected.Select(BitConverter.SingleToUInt32Bits), actual.Select(BitConverter.SingleToUInt32Bits));
        }
    }

    [Theory]
    [MemberData(nameof(Types))]
    public void Scalar_products_of_stored_rows_are_those_of_the_decoded_numbers_within_the_stated_rounding(string name)
    {
        GgmlType type = Enum.Parse<GgmlType>(name);
        foreach (int length in Lengths(type))
        {
            byte[] row = RandomRow(type, length, length + 1);
            var random = new Random(length);
            float[] vector = [.. Enumerable.Range(0, length).Select(_ => (random.NextSingle() * 2) - 1)];
            var numbers = new float[length];
            BlockFormats.Get(type).Decode(row, numbers);
            double expected = numbers.Zip(vector, (a, b) => (double)a * b).Sum();

            // Float sums, and at most half a unit of the activations' 16 bits for each weight.
            double allowed = 1e-6 * numbers.Zip(vector, (a, b) => Math.Abs((double)a * b)).Sum();
            for (int i = 0; i < length; i++)
                allowed += Math.Abs(numbers[i]) * vector.Chunk(Activations.GroupSize).ElementAt(i / Activations.GroupSize).Max(MathF.Abs) / 65534;
            float[] product = new float[1];
            RowKernels.Get(type).Multiply(row, Of(vector), product);
            Assert.InRange(product[0], expected - allowed, expected + allowed);
        }
    }

    [Theory]
    [MemberData(nameof(Types))]
    public void A_row_shorter_than_its_elements_is_refused(string name)
    {
        GgmlType type = Enum.Parse<GgmlType>(name);
        byte[] row = RandomRow(type, 512, 1);
        Assert.ThrowsAny<ArgumentException>(() => RowKernels.Get(type).Multiply(row.AsSpan(1), Of(new float[512]), new float[1]));
    }

    private static Activations Of(float[] vector)
    {
        var activations = new Activations();
        activations.Prepare(vector);
        return activations;
    }

    private static int[] Lengths(GgmlType type) => GgmlTypes.BlockOf(type)!.Value.Elements switch
    {
        1 => [1, 7, 31, 32, 33, 64, 100],
        32 => [32, 64, 96, 896],
        _ => [256, 512, 768],
    };

    /// <summary>Random bytes as they could stand in a file: any quants, numbers and factors finite.</summary>
    private static byte[] RandomRow(GgmlType type, int length, int seed)
    {
        var random = new Random(seed);
        float[] numbers = [.. Enumerable.Range(0, length).Select(_ => (random.NextSingle() - 0.5f) * MathF.Pow(10, random.Next(-3, 3)))];
        BlockFormat format = BlockFormats.Get(type);
        var row = new byte[type.RowBytes(length)];
        float[] importance = format.NeedsImportance ? [.. Enumerable.Repeat(1f, length)] : [];
        format.Encode(numbers, length, importance, row);
        return row;
    }
}
