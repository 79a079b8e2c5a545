using System.Text.Json;
using HafsModels.Quantization.Lanes;
using HafsModels.Quantization.Onnx;
using HafsModels.Tensors;
using Xunit;

namespace HafsModels.Tests.Quantization.Onnx;

/// <summary>Weights of MatMulNBits and MatMulBnb4 against what ONNX Runtime's own quantizer wrote (Golden/onnxruntime-weights.json says which).</summary>
public sealed class NBitsQuantizerTests
{
    private static readonly JsonElement Golden = JsonElement.Parse(File.ReadAllText(Repository.PathOf("tests", "HafsModels.Tests", "Golden", "onnxruntime-weights.json")));

    public static TheoryData<string, int, int, bool> Kinds()
    {
        var data = new TheoryData<string, int, int, bool>();
        foreach (JsonElement one in Golden.GetProperty("cases").EnumerateArray().DistinctBy(c => (Text(c, "type"), Number(c, "bits"), Number(c, "block"), c.GetProperty("symmetric").GetBoolean())))
            data.Add(Text(one, "type"), Number(one, "bits"), Number(one, "block"), one.GetProperty("symmetric").GetBoolean());
        return data;
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Every_byte_is_that_of_onnxruntimes_own_quantizer(string type, int bits, int block, bool symmetric)
    {
        var quantizer = new NBitsQuantizer(bits, block, symmetric, type == "f16");
        JsonElement[] cases = [.. Golden.GetProperty("cases").EnumerateArray().Where(c => Text(c, "type") == type && Number(c, "bits") == bits && Number(c, "block") == block && c.GetProperty("symmetric").GetBoolean() == symmetric)];
        Assert.Equal(3, cases.Length);
        foreach (JsonElement one in cases)
        {
            (int rows, int columns) = (Number(one, "rows"), Number(one, "columns"));
            float[] weights = Weights(Number(one, "seed"), rows, columns, type == "f16");
            byte[] numbers = new byte[rows * quantizer.RowBytes(columns)], scales = new byte[rows * quantizer.ScaleBytes(columns)], zeros = new byte[rows * quantizer.ZeroPointBytes(columns)];
            quantizer.Encode(weights, columns, numbers, scales, zeros);
            Assert.Equal(Text(one, "scales"), Convert.ToBase64String(scales));
            Assert.Equal(Text(one, "zeroPoints"), Convert.ToBase64String(zeros));
            Assert.Equal(Text(one, "numbers"), Convert.ToBase64String(numbers));
        }
    }

    public static TheoryData<int, int, bool, bool> Kernels()
    {
        var data = new TheoryData<int, int, bool, bool>();
        foreach (LaneWidth width in LaneWidths.Supported.Where(w => w != LaneWidth.One))
        {
            foreach (int block in (int[])[32, 64, 128])
            {
                foreach ((bool symmetric, bool half) in ((bool, bool)[])[(true, true), (true, false), (false, true), (false, false)])
                    data.Add((int)width, block, symmetric, half);
            }
        }

        return data;
    }

    // Every scale of numbers, down to ones whose scales are denormal or zero; ends alike, zeros of both signs, halves between two steps; rows that end within blocks and bytes.
    [Theory]
    [MemberData(nameof(Kernels))]
    public void Every_vector_width_gives_the_bytes_of_the_scalar_definition(int width, int block, bool symmetric, bool half)
    {
        var quantizer = new NBitsQuantizer(4, block, symmetric, half);
        var random = new Random(block);
        foreach ((int rows, int columns) in ((int, int)[])[(1, 32 * 4096), (7, 640), (5, 41 * 32), (3, 1000)])
        {
            float[] numbers = new float[rows * columns];
            for (int i = 0; i < numbers.Length; i++)
            {
                float size = MathF.Pow(10, (i / block * 7 % 80) - 42), uniform = (2 * random.NextSingle()) - 1;
                numbers[i] = (i / block % 9) switch
                {
                    0 => MathF.Abs(uniform) * size,
                    1 => -MathF.Abs(uniform) * size,
                    2 => random.Next(2) == 0 ? 0f : -0f,
                    3 => random.Next(-8, 9) * 0.125f,
                    4 => (random.Next(-16, 17) * 0.0625f) + (uniform * 1e-7f),
                    5 => random.Next(20) == 0 ? uniform * 60_000 : 0,
                    6 => -0f,
                    _ => uniform * size,
                };
            }

            (byte[] Numbers, byte[] Scales, byte[] Zeros) Encoded(LaneWidth with)
            {
                byte[] packed = new byte[rows * quantizer.RowBytes(columns)], scales = new byte[rows * quantizer.ScaleBytes(columns)], zeros = new byte[rows * quantizer.ZeroPointBytes(columns)];
                quantizer.Encode(with, numbers, columns, packed, scales, zeros);
                return (packed, scales, zeros);
            }

            (byte[] Numbers, byte[] Scales, byte[] Zeros) expected = Encoded(LaneWidth.One), found = Encoded((LaneWidth)width);
            Assert.Equal(expected.Scales, found.Scales);
            Assert.Equal(expected.Zeros, found.Zeros);
            Assert.Equal(expected.Numbers, found.Numbers);
        }
    }

    [Theory]
    [InlineData(4, true)]
    [InlineData(4, false)]
    [InlineData(8, true)]
    [InlineData(8, false)]
    public void What_is_decoded_is_at_most_a_step_away(int bits, bool symmetric)
    {
        var quantizer = new NBitsQuantizer(bits, 32, symmetric, false);
        float[] row = Weights(7, 4, 72, false)[..72], decoded = new float[72];
        byte[] numbers = new byte[quantizer.RowBytes(72)], scales = new byte[quantizer.ScaleBytes(72)], zeros = new byte[quantizer.ZeroPointBytes(72)];
        quantizer.Encode(row, row.Length, numbers, scales, zeros);
        quantizer.Decode(numbers, scales, zeros, decoded);
        float step = 0.2f / ((1 << bits) - 2);
        Assert.All(row.Zip(decoded), pair => Assert.InRange(MathF.Abs(pair.First - pair.Second), 0, step));
        Assert.NotEqual(row, decoded);
    }

    [Fact]
    public void NF4_weights_are_those_of_onnxruntimes_own_quantizer()
    {
        JsonElement[] cases = [.. Golden.GetProperty("normalFloats").EnumerateArray()];
        Assert.Equal(3, cases.Length);
        foreach (JsonElement one in cases)
        {
            float[] weights = Weights(Number(one, "seed"), Number(one, "rows"), Number(one, "columns"), false);
            byte[] numbers = new byte[weights.Length / 2];
            float[] magnitudes = new float[weights.Length / NF4.BlockSize];
            NF4.Encode(weights, numbers, magnitudes);
            Assert.Equal(Text(one, "magnitudes"), Convert.ToBase64String(System.Runtime.InteropServices.MemoryMarshal.AsBytes<float>(magnitudes)));
            Assert.Equal(Text(one, "numbers"), Convert.ToBase64String(numbers));
        }
    }

    // As the golden file describes them.
    private static float[] Weights(int seed, int rows, int columns, bool half)
    {
        ulong x = (ulong)seed;
        float[] numbers = new float[rows * columns];
        for (int i = 0; i < numbers.Length; i++)
        {
            x ^= x >> 12;
            x ^= x << 25;
            x ^= x >> 27;
            numbers[i] = (((x * 2685821657736338717UL) >> 40) * (1f / (1 << 23)) - 1f) * 0.1f;
        }

        for (int k = 0; k < columns; k++)
        {
            if (k < 16)
                numbers[k] = 0;
            numbers[columns + k] = MathF.Abs(numbers[columns + k]);
            numbers[(2 * columns) + k] = -MathF.Abs(numbers[(2 * columns) + k]);
            if (k % 5 < 2)
                numbers[(3 * columns) + k] = k % 5 == 0 ? 0.5f : -0.5f;
        }

        return half ? [.. numbers.Select(n => HalfFloats.WidenF16(HalfFloats.NarrowF16(n)))] : numbers;
    }

    private static string Text(JsonElement element, string name) => element.GetProperty(name).GetString()!;

    private static int Number(JsonElement element, string name) => element.GetProperty(name).GetInt32();
}
