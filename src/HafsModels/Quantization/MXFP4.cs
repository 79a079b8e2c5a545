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

    // The exponent puts the largest magnitude between 4 and 8 units, so what is above 7 saturates at 6.
    private static void EncodeBlock(ReadOnlySpan<float> x, Span<byte> block)
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
        for (int i = 0; i < Elements; i++)
            quants[i] = (byte)Nearest(x[i], d);
        block[0] = exponent;
        BitPlanes.PackHalves(quants, block[Quants..]);
    }

    // The first of equally near values.
    private static int Nearest(float x, float d)
    {
        int best = 0;
        float bestError = MathF.Abs(Values[0] * d - x);
        for (int q = 1; q < Values.Length; q++)
        {
            float error = MathF.Abs(Values[q] * d - x);
            if (error < bestError)
                (best, bestError) = (q, error);
        }

        return best;
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
