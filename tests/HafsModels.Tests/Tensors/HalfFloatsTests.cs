using System.Runtime.InteropServices;
using HafsModels.Tensors;
using Xunit;

namespace HafsModels.Tests.Tensors;

public class HalfFloatsTests
{
    private static readonly ushort[] EveryHalf = [.. Enumerable.Range(0, 65536).Select(i => (ushort)i)];

    [Fact]
    public void Widening_F16_is_exact_for_every_number_and_keeps_NaN()
    {
        float[] widened = new float[EveryHalf.Length];
        HalfFloats.WidenF16(MemoryMarshal.AsBytes<ushort>(EveryHalf), widened);
        foreach (ushort bits in EveryHalf)
        {
            Assert.Equal((float)BitConverter.UInt16BitsToHalf(bits), widened[bits]);
            Assert.Equal(BitConverter.SingleToUInt32Bits(HalfFloats.WidenF16(bits)), BitConverter.SingleToUInt32Bits(widened[bits]));
        }
    }

    [Fact]
    public void Widening_then_narrowing_gives_every_F16_and_BF16_back()
    {
        float[] widened = new float[EveryHalf.Length];
        byte[] narrowed = new byte[2 * EveryHalf.Length];
        HalfFloats.WidenF16(MemoryMarshal.AsBytes<ushort>(EveryHalf), widened);
        HalfFloats.NarrowF16(widened, narrowed);
        ushort[] back = MemoryMarshal.Cast<byte, ushort>(narrowed).ToArray();
        foreach (ushort bits in EveryHalf)
            Assert.Equal((bits & 0x7FFF) > 0x7C00 ? bits & 0x8000 | 0x7E00 : bits, back[bits]);

        HalfFloats.WidenBF16(MemoryMarshal.AsBytes<ushort>(EveryHalf), widened);
        HalfFloats.NarrowBF16(widened, narrowed);
        back = MemoryMarshal.Cast<byte, ushort>(narrowed).ToArray();
        foreach (ushort bits in EveryHalf)
            Assert.Equal((bits & 0x7FFF) > 0x7F80 ? bits | 0x40 : bits, back[bits]);
    }

    [Fact]
    public void Narrowing_rounds_to_nearest_even_like_the_platform_and_the_same_alone_or_in_rows()
    {
        // Every F16 and the midpoints around it, a little up and down, in both signs.
        List<float> numbers = [];
        for (uint bits = 0; bits < 0x7C00; bits++)
        {
            float exact = HalfFloats.WidenF16((ushort)bits), next = bits == 0x7BFF ? 65536f : HalfFloats.WidenF16((ushort)(bits + 1)), middle = (exact + next) / 2;
            foreach (float value in (float[])[exact, middle, MathF.BitIncrement(middle), MathF.BitDecrement(middle)])
                numbers.AddRange([value, -value]);
        }

        byte[] f16 = new byte[2 * numbers.Count], bf16 = new byte[2 * numbers.Count];
        HalfFloats.NarrowF16(numbers.ToArray(), f16);
        HalfFloats.NarrowBF16(numbers.ToArray(), bf16);
        for (int i = 0; i < numbers.Count; i++)
        {
            ushort half = BitConverter.ToUInt16(f16, 2 * i), brain = BitConverter.ToUInt16(bf16, 2 * i);
            Assert.Equal(BitConverter.HalfToUInt16Bits((Half)numbers[i]), half);
            Assert.Equal(HalfFloats.NarrowF16(numbers[i]), half);
            Assert.Equal(HalfFloats.NarrowBF16(numbers[i]), brain);
            float error = MathF.Abs(HalfFloats.WidenBF16(brain) - numbers[i]);
            float other = HalfFloats.WidenBF16((ushort)(HalfFloats.WidenBF16(brain) < numbers[i] == numbers[i] > 0 ? brain + 1 : Math.Max(brain - 1, 0)));
            Assert.True(error <= MathF.Abs(other - numbers[i]), $"{numbers[i]} became {HalfFloats.WidenBF16(brain)}, but {other} is nearer");
        }
    }

    [Theory]
    [InlineData(ElementType.F8_E4M3, 0x7E, 448f)]
    [InlineData(ElementType.F8_E4M3, 0x01, 0.001953125f)]
    [InlineData(ElementType.F8_E4M3, 0xB8, -1f)]
    [InlineData(ElementType.F8_E4M3, 0x7F, float.NaN)]
    [InlineData(ElementType.F8_E5M2, 0x7B, 57344f)]
    [InlineData(ElementType.F8_E5M2, 0x01, 0.0000152587890625f)]
    [InlineData(ElementType.F8_E5M2, 0xFC, float.NegativeInfinity)]
    [InlineData(ElementType.F8_E5M2, 0x7D, float.NaN)]
    public void Eight_bit_floats_widen_as_the_OCP_specification_says(ElementType type, byte bits, float expected)
    {
        float[] widened = new float[1];
        ElementWidening.Widen(type, [bits], widened);
        Assert.Equal(expected, widened[0]);
    }

    [Fact]
    public void Integers_are_not_weights()
    {
        HafsException error = Assert.Throws<HafsException>(() => ElementWidening.Widen(ElementType.I64, new byte[8], new float[1]));
        Assert.Equal("NotAFloatType", error.Id);
    }
}
