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
            EncodeBlock<Lanes1>(row[..Elements], destination);
    }

    private protected override void EncodeLanes<V>(ReadOnlySpan<float> rows, int rowLength, ReadOnlySpan<float> importance, Span<byte> destination)
    {
        for (; !rows.IsEmpty; rows = rows[Elements..], destination = destination[Bytes..])
            EncodeBlock<V>(rows[..Elements], destination);
    }

    // The exponent puts the largest magnitude between 4 and 8 units, so what is above 7 saturates at 6.
    private static void EncodeBlock<V>(ReadOnlySpan<float> x, Span<byte> block)
        where V : struct, ILanes<V>
    {
        float magnitude = 0;
        foreach (float value in x)
        {
            if (magnitude < MathF.Abs(value))
                magnitude = MathF.Abs(value);
        }

        byte exponent = magnitude > 0 ? (byte)Rounding.Truncate(MathF.Floor((float)Math.Log2(magnitude)) - 2 + 127) : (byte)0;
        float d = HalfPowerOfTwo(exponent);
        Span<byte> quants = stackalloc byte[Elements];
        FindNearest<V>(x, d, quants);
        block[0] = exponent;
        BitPlanes.PackHalves(quants, block[Quants..]);
    }

    // The first of equally near values, in every lane.
    private static unsafe void FindNearest<V>(ReadOnlySpan<float> x, float d, Span<byte> quants)
        where V : struct, ILanes<V>
    {
        fixed (float* source = x)
        fixed (byte* destination = quants)
        {
            for (int i = 0; i < Elements; i += V.Count)
            {
                V value = V.Load(source + i), nearest = V.Zero, least = V.Abs(V.Create(Values[0] * d) - value);
                for (int q = 1; q < Values.Length; q++)
                {
                    V error = V.Abs(V.Create(Values[q] * d) - value), isNearer = V.LessThan(error, least);
                    least = V.Select(isNearer, error, least);
                    nearest = V.Select(isNearer, V.CreateBits(q), nearest);
                }

                V.StoreBytes(nearest, destination + i);
            }
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
