namespace HafsModels.Measurement;

/// <summary>
/// Picks one candidate for each tensor so that the sum of costs is least and the sum of bytes stays within a budget: the multiple-choice
/// knapsack, solved exactly over a grid of bytes. The grid is the sizes' common divisor where that is coarse enough, else sizes are rounded up
/// to it; what the rounding left is spent on the best upgrades that still fit.
/// </summary>
internal static class BudgetChoice
{
    private const int MaxCells = 1 << 16;

    /// <summary>Picks.</summary>
    /// <param name="tensors">Candidates of each tensor, at least one each.</param>
    /// <param name="budget">Most bytes; not less than the sum of the smallest candidates.</param>
    /// <returns>Index of each tensor's candidate.</returns>
    public static int[] Pick(IReadOnlyList<IReadOnlyList<TypeCandidate>> tensors, long budget)
    {
        long smallest = tensors.Sum(t => t.Min(c => c.Bytes)), largest = tensors.Sum(t => t.Max(c => c.Bytes));
        long spare = Math.Min(budget, largest) - smallest;
        ArgumentOutOfRangeException.ThrowIfNegative(spare, nameof(budget));
        long divisor = tensors.SelectMany(t => t.Select(c => c.Bytes - t.Min(other => other.Bytes))).Aggregate(0L, GreatestCommonDivisor);
        long unit = divisor == 0 ? 1 : divisor;
        if (spare / unit >= MaxCells)
            unit = spare / MaxCells + 1;
        int[] chosen = Solve(tensors, unit, (int)(spare / unit));
        Upgrade(tensors, chosen, budget);
        return chosen;
    }

    // least[c]: least cost of the tensors so far within c cells; picks[t][c]: the candidate that reaches it.
    private static int[] Solve(IReadOnlyList<IReadOnlyList<TypeCandidate>> tensors, long unit, int cells)
    {
        var least = new double[cells + 1];
        var picks = new byte[tensors.Count][];
        for (int t = 0; t < tensors.Count; t++)
        {
            var next = new double[cells + 1];
            Array.Fill(next, double.PositiveInfinity);
            picks[t] = new byte[cells + 1];
            for (int k = 0; k < tensors[t].Count; k++)
            {
                double cost = tensors[t][k].Cost;
                long width = CellsOf(tensors[t], k, unit);
                for (long c = width; c <= cells; c++)
                {
                    double sum = least[c - width] + cost;
                    if (sum < next[c])
                    {
                        next[c] = sum;
                        picks[t][c] = (byte)k;
                    }
                }
            }

            least = next;
        }

        var chosen = new int[tensors.Count];
        long left = cells;
        for (int t = tensors.Count - 1; t >= 0; t--)
        {
            chosen[t] = picks[t][left];
            left -= CellsOf(tensors[t], chosen[t], unit);
        }

        return chosen;
    }

    private static long CellsOf(IReadOnlyList<TypeCandidate> candidates, int k, long unit) => (candidates[k].Bytes - candidates.Min(c => c.Bytes) + unit - 1) / unit;

    private static void Upgrade(IReadOnlyList<IReadOnlyList<TypeCandidate>> tensors, int[] chosen, long budget)
    {
        long left = budget - tensors.Select((t, i) => t[chosen[i]].Bytes).Sum();
        while (true)
        {
            (int Tensor, int Candidate, double Gain) best = (-1, -1, 0);
            for (int t = 0; t < tensors.Count; t++)
            {
                TypeCandidate now = tensors[t][chosen[t]];
                for (int k = 0; k < tensors[t].Count; k++)
                {
                    TypeCandidate other = tensors[t][k];
                    double gain = now.Cost - other.Cost;
                    if (other.Bytes - now.Bytes <= left && gain > best.Gain)
                        best = (t, k, gain);
                }
            }

            if (best.Tensor < 0)
                return;
            left -= tensors[best.Tensor][best.Candidate].Bytes - tensors[best.Tensor][chosen[best.Tensor]].Bytes;
            chosen[best.Tensor] = best.Candidate;
        }
    }

    private static long GreatestCommonDivisor(long a, long b) => b == 0 ? a : GreatestCommonDivisor(b, a % b);
}
