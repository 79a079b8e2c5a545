using HafsModels.Quantization.Search;
using HafsModels.Tensors;

namespace HafsModels.Quantization;

/// <summary>
/// Super-blocks of 16 sub-blocks of 16 elements: x ≈ d·scale·(q − 32) with q in [0, 63] and an int8 scale for each sub-block.
/// Layout: low four bits of q (128 bytes), high two bits of q (64 bytes), scales (16 × int8), d (F16). Each half of 128 elements takes 64 bytes of low
/// bits (byte i: elements i and i + 64, byte i + 32: elements i + 32 and i + 96) and 32 bytes of high bits (byte i: elements i, i + 32, i + 64, i + 96).
/// </summary>
internal sealed class Q6_K() : BlockFormat(GgmlType.Q6_K)
{
    private const int Elements = 256, SubBlocks = 16, SubBlock = 16, Limit = 32;
    private const int Bytes = 210, High = 128, Scales = 192, Scale = 208;

    private protected override void EncodeRow(ReadOnlySpan<float> row, ReadOnlySpan<float> importance, Span<byte> destination)
    {
        for (int i = 0; i < row.Length; i += Elements, destination = destination[Bytes..])
            EncodeBlock(row.Slice(i, Elements), importance.IsEmpty ? default : importance.Slice(i, Elements), destination[..Bytes]);
    }

    private static void EncodeBlock(ReadOnlySpan<float> x, ReadOnlySpan<float> importance, Span<byte> block)
    {
        // Errors weigh x² without an importance matrix, and exactly the importance with one.
        Span<float> squares = stackalloc float[Elements];
        for (int i = 0; i < Elements; i++)
            squares[i] = x[i] * x[i];
        ReadOnlySpan<float> weights = importance.IsEmpty ? squares : importance;

        Span<byte> quants = stackalloc byte[Elements];
        Span<float> scales = stackalloc float[SubBlocks];
        for (int j = 0; j < SubBlocks; j++)
        {
            Range sub = new(j * SubBlock, (j + 1) * SubBlock);
            scales[j] = ScaleSearch.Find(x[sub], weights[sub], Limit, quants[sub]);
        }

        float extreme = ScaleSearch.Extreme(scales);
        if (MathF.Abs(extreme) < ScaleSearch.Tiny)
        {
            block.Clear();
            return;
        }

        float inverse = -128f / extreme;
        float d = block.WriteHalf(Scale, 1 / inverse);
        for (int j = 0; j < SubBlocks; j++)
        {
            sbyte scaleQuant = (sbyte)Math.Min(127, Rounding.Nearest(inverse * scales[j]));
            block[Scales + j] = (byte)scaleQuant;

            // With the scale as stored, the integers are chosen anew; a sub-block whose scale became 0 keeps those of the search.
            float scale = d * scaleQuant;
            if (scale == 0)
                continue;
            for (int i = j * SubBlock; i < (j + 1) * SubBlock; i++)
                quants[i] = (byte)(Rounding.Nearest(x[i] / scale, -Limit, Limit - 1) + Limit);
        }

        for (int half = 0; half < 2; half++)
        {
            ReadOnlySpan<byte> q = quants.Slice(half * 128, 128);
            Span<byte> low = block.Slice(half * 64, 64), high = block.Slice(High + half * 32, 32);
            for (int i = 0; i < 32; i++)
            {
                low[i] = (byte)(q[i] & 15 | q[i + 64] << 4);
                low[i + 32] = (byte)(q[i + 32] & 15 | q[i + 96] << 4);
                high[i] = (byte)(q[i] >> 4 | q[i + 32] >> 4 << 2 | q[i + 64] >> 4 << 4 | q[i + 96] >> 4 << 6);
            }
        }
    }

    private protected override void DecodeBlocks(ReadOnlySpan<byte> blocks, Span<float> destination)
    {
        for (; !blocks.IsEmpty; blocks = blocks[Bytes..], destination = destination[Elements..])
        {
            float d = blocks.ReadHalf(Scale);
            for (int quarter = 0; quarter < 8; quarter++)
            {
                // Each run of 32 elements shares a nibble position and a shift.
                int half = quarter / 4, part = quarter % 4;
                ReadOnlySpan<byte> low = blocks.Slice(half * 64 + part % 2 * 32, 32), high = blocks.Slice(High + half * 32, 32);
                for (int i = 0; i < 32; i++)
                {
                    int q = (low[i] >> part / 2 * 4 & 15) | (high[i] >> part * 2 & 3) << 4;
                    destination[quarter * 32 + i] = d * (sbyte)blocks[Scales + quarter * 2 + i / SubBlock] * (q - Limit);
                }
            }
        }
    }
}
