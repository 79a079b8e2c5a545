namespace HafsModels.Quantization.Search;

/// <summary>
/// Finds a scale s ≥ 0, an offset m ≤ 0 and integers q in [0, limit] that make x ≈ s·q + m best under weights (ggml: <c>make_qkx2_quants</c>, and
/// <c>make_qkx3_quants</c> with other constants). Every candidate inverse scale gives integers; the best s and m for those integers follow from the
/// 2 × 2 normal equations; a candidate that beats the best error so far also replaces m, from which the next candidate starts.
/// </summary>
internal static class ScaleMinSearch
{
    /// <summary>Runs the search on one sub-block.</summary>
    /// <param name="x">The numbers.</param>
    /// <param name="weights">The cost of an error at each.</param>
    /// <param name="quants">Takes q.</param>
    /// <param name="offset">Takes −m, which is not negative.</param>
    /// <returns>The scale.</returns>
    public static float Find<TRule>(ReadOnlySpan<float> x, ReadOnlySpan<float> weights, Span<byte> quants, out float offset)
        where TRule : struct, IScaleMinRule
    {
        float min = x[0], max = x[0], sumW = weights[0], sumX = sumW * x[0];
        for (int i = 1; i < TRule.Length; i++)
        {
            if (x[i] < min)
                min = x[i];
            if (x[i] > max)
                max = x[i];
            sumW += weights[i];
            sumX += weights[i] * x[i];
        }

        if (min > 0)
            min = 0;
        if (max == min)
        {
            quants[..TRule.Length].Clear();
            offset = -min;
            return 0;
        }

        float inverse = TRule.Limit / (max - min), scale = 1 / inverse;
        for (int i = 0; i < TRule.Length; i++)
            quants[i] = (byte)Rounding.Nearest(inverse * (x[i] - min), 0, TRule.Limit);
        float bestError = Error<TRule>(x, weights, quants, scale, min);

        Span<byte> candidate = stackalloc byte[TRule.Length];
        for (int step = 0; step <= TRule.LastStep; step++)
        {
            inverse = (TRule.FirstOffset + TRule.OffsetStep * step + TRule.Limit) / (max - min);
            float sumQ = 0, sumQQ = 0, sumXQ = 0;
            for (int i = 0; i < TRule.Length; i++)
            {
                int q = Rounding.Nearest(inverse * (x[i] - min), 0, TRule.Limit);
                candidate[i] = (byte)q;
                sumQ += weights[i] * q;
                sumQQ += weights[i] * q * q;
                sumXQ += weights[i] * q * x[i];
            }

            float determinant = sumW * sumQQ - sumQ * sumQ;
            if (!(determinant > 0))
                continue;
            float candidateScale = (sumW * sumXQ - sumX * sumQ) / determinant;
            float candidateMin = (sumQQ * sumX - sumQ * sumXQ) / determinant;
            if (candidateMin > 0)
            {
                candidateMin = 0;
                candidateScale = sumXQ / sumQQ;
            }

            float error = Error<TRule>(x, weights, candidate, candidateScale, candidateMin);
            if (error < bestError)
            {
                candidate.CopyTo(quants);
                (bestError, scale, min) = (error, candidateScale, candidateMin);
            }
        }

        offset = -min;
        return scale;
    }

    private static float Error<TRule>(ReadOnlySpan<float> x, ReadOnlySpan<float> weights, ReadOnlySpan<byte> quants, float scale, float min)
        where TRule : struct, IScaleMinRule
    {
        float error = 0;
        for (int i = 0; i < TRule.Length; i++)
        {
            float difference = scale * quants[i] + min - x[i];
            error += weights[i] * (TRule.AbsoluteError ? MathF.Abs(difference) : difference * difference);
        }

        return error;
    }
}
