namespace HafsModels.Quantization.Search;

/// <summary>
/// Finds the scale s and integers q in [−limit, limit) that make x ≈ s·q best in the weighted least-squares sense (ggml: <c>make_qx_quants</c>).
/// Nineteen candidate inverse scales around −limit/extreme are tried, where extreme is the element of largest magnitude; for each, q is the rounded
/// product and s follows from the normal equation Σw·x·q / Σw·q². The extreme maps to −limit because two's complement has one more negative value.
/// </summary>
internal static class ScaleSearch
{
    /// <summary>Sub-blocks whose largest magnitude is below this count as zero.</summary>
    public const float Tiny = 1e-15f;

    /// <summary>Runs the search.</summary>
    /// <param name="x">The numbers.</param>
    /// <param name="weights">The cost of a squared error at each.</param>
    /// <param name="limit">Half the number of integer values.</param>
    /// <param name="quants">Takes q + limit, so 0 … 2·limit − 1; all 0 (not limit) when x is zero.</param>
    /// <returns>The scale; it has the opposite sign of the extreme's integer −limit, so it may be negative.</returns>
    public static float Find(ReadOnlySpan<float> x, ReadOnlySpan<float> weights, int limit, Span<byte> quants)
    {
        float extreme = Extreme(x);
        if (MathF.Abs(extreme) < Tiny)
        {
            quants[..x.Length].Clear();
            return 0;
        }

        float inverse = -limit / extreme;
        (float sumXQ, float sumQQ) = Sums(x, weights, limit, inverse);
        float scale = sumQQ != 0 ? sumXQ / sumQQ : 0;
        float best = scale * sumXQ, bestInverse = inverse;
        for (int step = -9; step <= 9; step++)
        {
            if (step == 0)
                continue;
            inverse = -(limit + 0.1f * step) / extreme;
            (sumXQ, sumQQ) = Sums(x, weights, limit, inverse);
            if (sumQQ > 0 && sumXQ * sumXQ > best * sumQQ)
            {
                scale = sumXQ / sumQQ;
                best = scale * sumXQ;
                bestInverse = inverse;
            }
        }

        for (int i = 0; i < x.Length; i++)
            quants[i] = (byte)(Rounding.Nearest(bestInverse * x[i], -limit, limit - 1) + limit);
        return scale;
    }

    /// <summary>The element of largest magnitude, the first of equals; 0 when there is none but zeros and NaN.</summary>
    public static float Extreme(ReadOnlySpan<float> x)
    {
        float extreme = 0, magnitude = 0;
        foreach (float value in x)
        {
            if (MathF.Abs(value) > magnitude)
            {
                magnitude = MathF.Abs(value);
                extreme = value;
            }
        }

        return extreme;
    }

    // Σw·x·q and Σw·q², each term multiplied and each sum added from left to right.
    private static (float SumXQ, float SumQQ) Sums(ReadOnlySpan<float> x, ReadOnlySpan<float> weights, int limit, float inverse)
    {
        float sumXQ = 0, sumQQ = 0;
        for (int i = 0; i < x.Length; i++)
        {
            int q = Rounding.Nearest(inverse * x[i], -limit, limit - 1);
            sumXQ += weights[i] * x[i] * q;
            sumQQ += weights[i] * q * q;
        }

        return (sumXQ, sumQQ);
    }
}
