namespace HafsModels.Quantization.Search;

/// <summary>
/// Quantizes the scales (or offsets) of a super-block's sub-blocks under weights: s ≥ 0 and integers q in [0, limit] with x ≈ s·q for x ≥ 0 (ggml:
/// <c>make_qp_quants</c>). Nine inverse scales compete by squared error; then up to five rounds change single integers while the fit improves.
/// </summary>
internal static class PositiveScaleSearch
{
    /// <summary>Runs the search.</summary>
    /// <param name="x">The numbers, not negative.</param>
    /// <param name="weights">The cost of a squared error at each.</param>
    /// <param name="limit">Largest integer.</param>
    /// <param name="quants">Takes q.</param>
    /// <returns>The scale.</returns>
    public static float Find(ReadOnlySpan<float> x, ReadOnlySpan<float> weights, int limit, Span<byte> quants)
    {
        float max = 0;
        foreach (float value in x)
            max = max > value ? max : value;
        if (max < ScaleSearch.Tiny)
        {
            quants[..x.Length].Clear();
            return 0;
        }

        // The first candidate is the only one whose integers are not clamped, and they pass through a byte.
        float inverse = limit / max;
        for (int i = 0; i < x.Length; i++)
            quants[i] = (byte)Rounding.Nearest(inverse * x[i]);
        float best = Error(x, weights, quants, 1 / inverse), bestInverse = inverse;
        for (int step = -4; step <= 4; step++)
        {
            if (step == 0)
                continue;
            inverse = (0.1f * step + limit) / max;
            float scale = 1 / inverse, error = 0;
            for (int i = 0; i < x.Length; i++)
            {
                float difference = x[i] - scale * Math.Min(limit, Rounding.Nearest(inverse * x[i]));
                error += weights[i] * difference * difference;
            }

            if (error < best)
                (best, bestInverse) = (error, inverse);
        }

        float sumXQ = 0, sumQQ = 0;
        for (int i = 0; i < x.Length; i++)
        {
            int q = Math.Min(limit, Rounding.Nearest(bestInverse * x[i]));
            quants[i] = (byte)q;
            sumXQ += weights[i] * x[i] * q;
            sumQQ += weights[i] * q * q;
        }

        for (int round = 0; round < 5; round++)
        {
            if (!Improve(x, weights, limit, quants, ref sumXQ, ref sumQQ))
                break;
        }

        return sumQQ > 0 ? sumXQ / sumQQ : 0;
    }

    // One round: each integer moves to its best value given the others, when that raises (Σw·x·q)² / Σw·q².
    private static bool Improve(ReadOnlySpan<float> x, ReadOnlySpan<float> weights, int limit, Span<byte> quants, ref float sumXQ, ref float sumQQ)
    {
        bool changed = false;
        for (int i = 0; i < x.Length; i++)
        {
            float w = weights[i];
            float othersXQ = sumXQ - w * x[i] * quants[i];
            float othersQQ = sumQQ - w * quants[i] * quants[i];
            if (!(othersXQ > 0 && othersQQ > 0))
                continue;
            int q = Math.Min(limit, Rounding.Nearest(x[i] * othersQQ / othersXQ));
            if (q == quants[i])
                continue;
            othersXQ += w * x[i] * q;
            othersQQ += w * q * q;
            if (othersXQ * othersXQ * sumQQ > sumXQ * sumXQ * othersQQ)
            {
                quants[i] = (byte)q;
                (sumXQ, sumQQ) = (othersXQ, othersQQ);
                changed = true;
            }
        }

        return changed;
    }

    private static float Error(ReadOnlySpan<float> x, ReadOnlySpan<float> weights, ReadOnlySpan<byte> quants, float scale)
    {
        float error = 0;
        for (int i = 0; i < x.Length; i++)
        {
            float difference = x[i] - scale * quants[i];
            error += weights[i] * difference * difference;
        }

        return error;
    }
}
