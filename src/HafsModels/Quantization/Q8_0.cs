using HafsModels.Tensors;

namespace HafsModels.Quantization;

/// <summary>
/// 32 elements x ≈ d·q with q in [−127, 127]. Layout: d (F16), q (32 × int8). Importance is ignored.
/// </summary>
internal sealed class Q8_0() : BlockFormat(GgmlType.Q8_0)
{
    private const int Elements = 32, Bytes = 34, Quants = 2;

    private protected override void EncodeRow(ReadOnlySpan<float> row, ReadOnlySpan<float> importance, Span<byte> destination)
    {
        for (; !row.IsEmpty; row = row[Elements..], destination = destination[Bytes..])
            EncodeBlock(row[..Elements], destination);
    }

    // The product with the unrounded inverse is rounded half away from zero; d is rounded to F16 on its own.
    private static void EncodeBlock(ReadOnlySpan<float> x, Span<byte> block)
    {
        float magnitude = 0;
        foreach (float value in x)
            magnitude = magnitude > MathF.Abs(value) ? magnitude : MathF.Abs(value);
        float d = magnitude / 127, inverse = d != 0 ? 1 / d : 0;
        block.WriteHalf(0, d);
        for (int i = 0; i < Elements; i++)
            block[Quants + i] = (byte)Rounding.Truncate(Rounding.HalfAway(x[i] * inverse));
    }

    private protected override void DecodeBlocks(ReadOnlySpan<byte> blocks, Span<float> destination)
    {
        for (; !blocks.IsEmpty; blocks = blocks[Bytes..], destination = destination[Elements..])
        {
            float d = blocks.ReadHalf(0);
            for (int i = 0; i < Elements; i++)
                destination[i] = (sbyte)blocks[Quants + i] * d;
        }
    }
}
