using HafsModels.Quantization.Search;
using HafsModels.Tensors;

namespace HafsModels.Quantization;

/// <summary>
/// Super-blocks of 16 sub-blocks of 16 elements: x ≈ d·scale·(q − 32) with q in [0, 63] and an int8 scale for each sub-block.
/// Layout: low four bits of q (128 bytes), high two bits of q (64 bytes), scales (16 × int8), d (F16). Each half of 128 elements is
/// packed by planes (<see cref="BitPlanes"/>): 64 bytes of low and 32 bytes of high bits.
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

        Span<byte> low = stackalloc byte[128], high = stackalloc byte[128];
        for (int half = 0; half < 2; half++)
        {
            BitPlanes.Split(quants.Slice(half * 128, 128), low, high);
            BitPlanes.PackHalves(low, block[(half * 64)..]);
            BitPlanes.PackQuarters(high, block[(High + half * 32)..]);
        }
    }

    private protected override void DecodeBlocks(ReadOnlySpan<byte> blocks, Span<float> destination)
    {
        Span<byte> low = stackalloc byte[128], high = stackalloc byte[128];
        for (; !blocks.IsEmpty; blocks = blocks[Bytes..], destination = destination[Elements..])
        {
            float d = blocks.ReadHalf(Scale);
            for (int half = 0; half < 2; half++)
            {
                BitPlanes.UnpackHalves(blocks.Slice(half * 64, 64), low);
                BitPlanes.UnpackQuarters(blocks.Slice(High + half * 32, 32), high);
                for (int i = 0; i < 128; i++)
                {
                    float scale = d * (sbyte)blocks[Scales + half * 8 + i / SubBlock];
                    destination[half * 128 + i] = scale * ((low[i] | high[i] << 4) - Limit);
                }
            }
        }
    }
}
