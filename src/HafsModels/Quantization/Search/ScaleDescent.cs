namespace HafsModels.Quantization.Search;

/// <summary>
/// Finds the scale s and integers q in [−limit, limit) with x ≈ s·q under the weights x² (ggml: <c>make_q3_quants</c>): starts from the rounded numbers,
/// then up to five rounds change single integers while the fit (Σw·x·q)² / Σw·q² improves.
/// </summary>
internal static class ScaleDescent
{
    private const int Rounds = 5;

    /// <summary>Runs the search.</summary>
    /// <param name="x">The numbers.</param>
    /// <param name="limit">Half the number of integer values.</param>
    /// <param name="quants">Takes q + limit, so 0 … 2·limit − 1; all 0 (not limit) when x is zero.</param>
    /// <returns>The scale, which may be negative.</returns>
    public static float Find(ReadOnlySpan<float> x, int limit, Span<byte> quants)
    {
        float extreme = ScaleSearch.Extreme(x);
        if (MathF.Abs(extreme) < ScaleSearch.Tiny)
        {
            quants[..x.Length].Clear();
            return 0;
        }

        Span<int> q = stackalloc int[x.Length];
        float inverse = -limit / extreme, sumXQ = 0, sumQQ = 0;
        for (int i = 0; i < x.Length; i++)
        {
            q[i] = Rounding.Nearest(inverse * x[i], -limit, limit - 1);
            float w = x[i] * x[i];
            sumXQ += w * x[i] * q[i];
            sumQQ += w * q[i] * q[i];
        }

        for (int round = 0; round < Rounds; round++)
        {
            if (!Improve(x, limit, q, ref sumXQ, ref sumQQ))
                break;
        }

        for (int i = 0; i < x.Length; i++)
            quants[i] = (byte)(q[i] + limit);
        return sumQQ > 0 ? sumXQ / sumQQ : 0;
    }

    private static bool Improve(ReadOnlySpan<float> x, int limit, Span<int> q, ref float sumXQ, ref float sumQQ)
    {
        bool changed = false;
        for (int i = 0; i < x.Length; i++)
        {
            float w = x[i] * x[i];
            float otherXQ = sumXQ - w * x[i] * q[i];
            if (!(otherXQ > 0))
                continue;
            float otherQQ = sumQQ - w * q[i] * q[i];
            int candidate = Rounding.Nearest(x[i] * otherQQ / otherXQ, -limit, limit - 1);
            if (candidate == q[i])
                continue;
            otherXQ += w * x[i] * candidate;
            otherQQ += w * candidate * candidate;
            if (otherQQ > 0 && otherXQ * otherXQ * sumQQ > sumXQ * sumXQ * otherQQ)
            {
                q[i] = candidate;
                (sumXQ, sumQQ) = (otherXQ, otherQQ);
                changed = true;
            }
        }

        return changed;
    }
}
