using HafsModels.Quantization.Lanes;
using HafsModels.Quantization.Search;

namespace HafsModels.Quantization;

/// <summary>
/// The sixteen unevenly spaced values behind IQ4_NL and IQ4_XS, and the search of a scale for them (ggml: <c>quantize_row_iq4_nl_impl</c>). They lie denser
/// near zero, where weights are.
/// </summary>
internal static class NonlinearFourBits
{
    /// <summary>Elements that share a scale.</summary>
    public const int SubBlock = 32;

    /// <summary>The values, ascending.</summary>
    public static ReadOnlySpan<sbyte> Values => [-127, -104, -83, -65, -49, -35, -22, -10, 1, 13, 25, 38, 53, 69, 89, 113];

    /// <summary>The values as floats.</summary>
    public static ReadOnlySpan<float> FloatValues => [-127, -104, -83, -65, -49, -35, -22, -10, 1, 13, 25, 38, 53, 69, 89, 113];

    /// <summary>Entry j is the middle between values j − 1 and j; entry 0 is below all.</summary>
    public static ReadOnlySpan<float> Midpoints
        => [float.NegativeInfinity, -115.5f, -93.5f, -74, -57, -42, -28.5f, -16, -4.5f, 7, 19, 31.5f, 45.5f, 61, 79, 101];

    /// <summary>Index of the value nearest to x.</summary>
    public static int Nearest(float x)
    {
        ReadOnlySpan<sbyte> values = Values;
        if (x <= values[0])
            return 0;
        if (x >= values[15])
            return 15;
        int lower = 0, upper = 15;
        while (upper - lower > 1)
        {
            int middle = (lower + upper) / 2;
            if (x < values[middle])
                upper = middle;
            else
                lower = middle;
        }

        return x - values[upper - 1] < values[upper] - x ? upper - 1 : upper;
    }

    /// <summary>Indices of the values nearest to numbers times a factor; by the scalar definition for one lane and for products that are not finite.</summary>
    public static void Quantize<V>(ReadOnlySpan<float> x, float inverse, Span<byte> quants)
        where V : struct, ILanes<V>
    {
        if (V.Count > 1 && float.IsFinite(inverse * ScaleSearch.Extreme(x)))
        {
            NonlinearLanes<V>.Quantize(x, inverse, quants);
            return;
        }

        for (int i = 0; i < x.Length; i++)
            quants[i] = (byte)Nearest(inverse * x[i]);
    }

    /// <summary>Finds the scale of 32 elements that fits best in the weighted least-squares sense.</summary>
    /// <param name="x">The numbers.</param>
    /// <param name="importance">The importance of each column, or empty.</param>
    /// <param name="doubledMeanSquare">2·Σx² / n of the block.</param>
    public static float FindScale(ReadOnlySpan<float> x, ReadOnlySpan<float> importance, float doubledMeanSquare)
    {
        Span<float> weights = stackalloc float[SubBlock];
        Importance.WeightsOrSquares(x, importance, doubledMeanSquare, weights);
        float extreme = ScaleSearch.Extreme(x);
        if (MathF.Abs(extreme) < ScaleSearch.Tiny)
            return 0;

        // First the extreme at the value −127 with the opposite sign, then at −134 … −120 with the sign it has.
        (float sumXQ, float sumQQ) = Sums(x, weights, 1 / (-extreme / Values[0]));
        float scale = sumQQ > 0 ? sumXQ / sumQQ : 0, best = scale * sumXQ;
        for (int step = -7; step <= 7; step++)
        {
            (sumXQ, sumQQ) = Sums(x, weights, (step + Values[0]) / extreme);
            if (sumQQ > 0 && sumXQ * sumXQ > best * sumQQ)
            {
                scale = sumXQ / sumQQ;
                best = scale * sumXQ;
            }
        }

        return scale;
    }

    private static (float SumXQ, float SumQQ) Sums(ReadOnlySpan<float> x, ReadOnlySpan<float> weights, float inverse)
    {
        float sumXQ = 0, sumQQ = 0;
        for (int i = 0; i < SubBlock; i++)
        {
            float q = Values[Nearest(inverse * x[i])];
            sumXQ += weights[i] * q * x[i];
            sumQQ += weights[i] * q * q;
        }

        return (sumXQ, sumQQ);
    }
}
