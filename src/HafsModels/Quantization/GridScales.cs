using HafsModels.Quantization.Search;

namespace HafsModels.Quantization;

/// <summary>What the grid types do between the search of the sub-blocks and the layout of the block.</summary>
internal static class GridScales
{
    /// <summary>Turns a scale positive, and the signs with it. The search gives no negative one in practice.</summary>
    /// <exception cref="HafsException">The scale is NaN; ggml ends the process.</exception>
    public static float MakePositive(float scale, Span<byte> signs, int signMask)
    {
        if (scale < 0)
        {
            scale = -scale;
            foreach (ref byte sign in signs)
                sign = (byte)(~sign & signMask);
        }

        return scale >= 0 ? scale : throw GridSearch.NotEncodable("its scale is not a number");
    }

    /// <summary>Index of a packed grid point.</summary>
    /// <exception cref="HafsException">The search ended beside the grid; ggml ends the process.</exception>
    public static int IndexOf(Grid grid, int packed)
    {
        int index = grid.IndexOf(packed);
        return index >= 0 ? index : throw GridSearch.NotEncodable("it is not on the codebook's grid");
    }

    /// <summary>Maps scales s = d·(2q + 1) to q in [0, limit], the largest to 2q + 1 = <paramref name="divisor"/>.</summary>
    /// <returns>False when all scales are 0.</returns>
    public static bool Quantize(ReadOnlySpan<float> scales, int divisor, int limit, Span<byte> quants, out float d)
    {
        float largest = 0;
        foreach (float scale in scales)
            largest = largest > scale ? largest : scale;
        d = largest / divisor;
        float inverse = 1 / d;
        for (int j = 0; j < scales.Length; j++)
            quants[j] = (byte)Rounding.Nearest(0.5f * (inverse * scales[j] - 1), 0, limit);
        return largest != 0;
    }
}
