using System.Runtime.CompilerServices;
using HafsModels.Quantization.Lanes;
using HafsModels.Tensors;

namespace HafsModels.Quantization;

/// <summary>
/// 32 elements x ≈ 2^(e − 128)·value(q), OCP Microscaling with E2M1 elements: q in [0, 15] picks one of twice 0, ½, 1, 1½, 2, 3, 4, 6 and their negatives.
/// Layout: e (uint8, E8M0), q (16 bytes, <see cref="BitPlanes"/>). Importance is ignored.
/// </summary>
internal sealed class MXFP4() : BlockFormat(GgmlType.MXFP4)
{
    private const int Elements = 32, Bytes = 17, Quants = 1;

    private static ReadOnlySpan<sbyte> Values => [0, 1, 2, 3, 4, 6, 8, 12, 0, -1, -2, -3, -4, -6, -8, -12];

    private protected override void EncodeRow(ReadOnlySpan<float> row, ReadOnlySpan<float> importance, Span<byte> destination)
    {
        for (; !row.IsEmpty; row = row[Elements..], destination = destination[Bytes..])
            EncodeBlock(row[..Elements], destination);
    }

    // The exponent puts the largest magnitude between 4 and 8 units, so what is above 7 saturates at 6. The first of equally near values is taken.
    private static void EncodeBlock(ReadOnlySpan<float> x, Span<byte> block)
    {
        float magnitude = 0;
        foreach (float value in x)
        {
            if (magnitude < MathF.Abs(value))
                magnitude = MathF.Abs(value);
        }

        byte exponent = Exponent(magnitude);
        float d = HalfPowerOfTwo(exponent);
        Span<byte> quants = stackalloc byte[Elements];
        for (int i = 0; i < Elements; i++)
        {
            float least = MathF.Abs(Values[0] * d - x[i]);
            for (int q = 1; q < Values.Length; q++)
            {
                float error = MathF.Abs(Values[q] * d - x[i]);
                if (error < least)
                    (least, quants[i]) = (error, (byte)q);
            }
        }

        Store(exponent, quants, block);
    }

    private static byte Exponent(float magnitude) => magnitude > 0 ? (byte)Rounding.Truncate(MathF.Floor((float)Math.Log2(magnitude)) - 2 + 127) : (byte)0;

    private static void Store(byte exponent, ReadOnlySpan<byte> quants, Span<byte> block)
    {
        block[0] = exponent;
        BitPlanes.PackHalves(quants, block[Quants..]);
    }

    private protected override unsafe void EncodeLanes<V>(ReadOnlySpan<float> rows, int rowLength, ReadOnlySpan<float> importance, Span<byte> destination)
    {
        Span<byte> quants = stackalloc byte[Elements];
        fixed (float* source = rows)
        fixed (byte* integers = quants)
        {
            float* end = source + rows.Length;
            for (float* x = source; x < end; x += Elements, destination = destination[Bytes..])
            {
                V largest = V.Abs(V.Load(x));
                for (int i = V.Count; i < Elements; i += V.Count)
                    largest = V.MaxBits(largest, V.Abs(V.Load(x + i)));
                if (TryExponent(V.LargestBits(largest), out byte exponent))
                {
                    FindNearest<V>(x, HalfPowerOfTwo(exponent), integers);
                    Store(exponent, quants, destination);
                }
                else
                {
                    EncodeBlock(new(x, Elements), destination);
                }
            }
        }
    }

    // The exponent field of the float, but not so close below a power of two that the logarithm, as a float, could round to it. Nor denormal or infinite.
    private static bool TryExponent(float magnitude, out byte exponent)
    {
        int bits = BitConverter.SingleToInt32Bits(magnitude), field = bits >> 23;
        exponent = (byte)(field - 2);
        return field is > 2 and < 255 && (bits & 0x7FFFFF) < 0x7FFF00;
    }

    // A magnitude belongs to as many values as there are midpoints below it; at a midpoint the smaller value is the first. The differences that the scalar
    // definition compares are exact around a midpoint, so both agree. What rounds to 0 has no sign.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static unsafe void FindNearest<V>(float* x, float d, byte* quants)
        where V : struct, ILanes<V>
    {
        for (int i = 0; i < Elements; i += V.Count)
        {
            V value = V.Load(x + i), magnitude = V.Abs(value), q = V.Zero;
            q = V.SubtractBits(q, V.LessThan(V.Create(0.5f * d), magnitude));
            q = V.SubtractBits(q, V.LessThan(V.Create(1.5f * d), magnitude));
            q = V.SubtractBits(q, V.LessThan(V.Create(2.5f * d), magnitude));
            q = V.SubtractBits(q, V.LessThan(V.Create(3.5f * d), magnitude));
            q = V.SubtractBits(q, V.LessThan(V.Create(5f * d), magnitude));
            q = V.SubtractBits(q, V.LessThan(V.Create(7f * d), magnitude));
            q = V.SubtractBits(q, V.LessThan(V.Create(10f * d), magnitude));
            V sign = V.ShiftRightUnsignedBits(value & V.CreateBits(int.MinValue), 28) & V.LessThan(V.Create(0.5f * d), magnitude);
            V.StoreBytes(q | sign, quants + i);
        }
    }

    // 2^(exponent − 128): half of what E8M0 says, because the values are doubled. The two smallest are denormal.
    private static float HalfPowerOfTwo(byte exponent)
        => BitConverter.UInt32BitsToSingle(exponent < 2 ? 0x00200000u << exponent : (uint)(exponent - 1) << 23);

    private protected override void DecodeBlocks(ReadOnlySpan<byte> blocks, Span<float> destination)
    {
        Span<byte> quants = stackalloc byte[Elements];
        for (; !blocks.IsEmpty; blocks = blocks[Bytes..], destination = destination[Elements..])
        {
            float d = HalfPowerOfTwo(blocks[0]);
            BitPlanes.UnpackHalves(blocks[Quants..Bytes], quants);
            for (int i = 0; i < Elements; i++)
                destination[i] = Values[quants[i]] * d;
        }
    }
}
