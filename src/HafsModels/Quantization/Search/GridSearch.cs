namespace HafsModels.Quantization.Search;

/// <summary>
/// Finds the scale s and points of a <see cref="Grid"/> that make |x| ≈ s·(2·coordinate + 1) best under weights, a point for every eight (or four)
/// elements; the signs are kept apart. Every candidate scale rounds the elements to coordinates; a group that falls between the points takes the neighbour
/// of least weighted error; the least-squares scale of the outcome decides. Then the groups of the winner are rounded once more at its own scale.
/// Source: <c>quantize_row_iq2_xs_impl</c> and its kin in ggml, which differ in the constants.
/// </summary>
/// <param name="Grid">The codebook.</param>
/// <param name="Steps">Candidates on either side of the plain one.</param>
/// <param name="StepSize">Distance of candidates, in units of the largest element's integer.</param>
/// <param name="Refinement">Which groups are rounded once more.</param>
internal sealed record GridSearch(Grid Grid, int Steps, float StepSize, GridRefinement Refinement)
{
    private int LargestInteger => 2 * Grid.Levels - 1;

    /// <summary>The integer that the largest element becomes in a candidate.</summary>
    public float Multiple(int step) => LargestInteger + step * StepSize;

    /// <summary>Runs the search on one sub-block.</summary>
    /// <param name="x">Magnitudes; one of a group may be negative where signs come in even numbers.</param>
    /// <param name="weights">The cost of a squared error at each.</param>
    /// <param name="largest">What the largest integer stands for in the plain candidate.</param>
    /// <param name="scale">The scale if no candidate is better than none; takes the scale found, which is never negative in practice.</param>
    /// <param name="quants">The coordinates in that case; takes those found.</param>
    /// <exception cref="HafsException">The numbers are so large, or no numbers, that no point is nearest; ggml ends the process.</exception>
    public void Find(ReadOnlySpan<float> x, ReadOnlySpan<float> weights, float largest, ref float scale, Span<byte> quants)
    {
        Span<float> roots = stackalloc float[x.Length];
        for (int i = 0; i < x.Length; i++)
            roots[i] = MathF.Sqrt(weights[i]);

        int groups = x.Length / Grid.Dimensions;
        Span<byte> candidate = stackalloc byte[x.Length];
        Span<bool> isOnGrid = stackalloc bool[groups], candidateIsOnGrid = stackalloc bool[groups];
        isOnGrid.Fill(Refinement == GridRefinement.GroupsOffGrid);
        float best = 0;
        for (int step = -Steps; step <= Steps; step++)
        {
            float inverse = Multiple(step) / largest;
            for (int group = 0; group < groups; group++)
                candidateIsOnGrid[group] = Round(x, roots, group, inverse, 1 / inverse, candidate);
            (float sumXQ, float sumQQ) = Sums(x, weights, candidate);
            if (sumQQ > 0 && sumXQ * sumXQ > best * sumQQ)
            {
                scale = sumXQ / sumQQ;
                best = scale * sumXQ;
                candidate.CopyTo(quants);
                candidateIsOnGrid.CopyTo(isOnGrid);
            }
        }

        if (!(scale > 0) || (Refinement != GridRefinement.Always && !isOnGrid.Contains(false)))
            return;
        for (int group = 0; group < groups; group++)
        {
            if (Refinement != GridRefinement.GroupsOffGrid || !isOnGrid[group])
                Round(x, roots, group, 1 / scale, scale, quants);
        }

        (float finalXQ, float finalQQ) = Sums(x, weights, quants);
        if (finalQQ > 0)
            scale = finalXQ / finalQQ;
    }

    // Rounds one group; off the grid, its best neighbour. Returns whether it was on the grid.
    private bool Round(ReadOnlySpan<float> x, ReadOnlySpan<float> roots, int group, float inverse, float scale, Span<byte> quants)
    {
        int first = group * Grid.Dimensions;
        Span<byte> point = quants.Slice(first, Grid.Dimensions);
        for (int i = 0; i < point.Length; i++)
            point[i] = (byte)Rounding.Nearest(0.5f * (inverse * x[first + i] - 1), 0, Grid.Levels - 1);
        if (Grid.IndexOf(point) >= 0)
            return true;

        float least = float.MaxValue;
        int nearest = -1;
        foreach (ushort neighbour in Grid.Neighbours(point))
        {
            ReadOnlySpan<byte> coordinates = Grid[neighbour];
            float distance = 0;
            for (int i = 0; i < coordinates.Length; i++)
            {
                float difference = scale * (2 * coordinates[i] + 1) - x[first + i];
                distance += roots[first + i] * difference * difference;
            }

            if (distance < least)
                (least, nearest) = (distance, neighbour);
        }

        if (nearest < 0)
            throw NotEncodable("no codebook point is nearest");
        Grid[nearest].CopyTo(point);
        return false;
    }

    private static (float SumXQ, float SumQQ) Sums(ReadOnlySpan<float> x, ReadOnlySpan<float> weights, ReadOnlySpan<byte> quants)
    {
        float sumXQ = 0, sumQQ = 0;
        for (int i = 0; i < x.Length; i++)
        {
            float q = 2 * quants[i] + 1;
            sumXQ += weights[i] * x[i] * q;
            sumQQ += weights[i] * q * q;
        }

        return (sumXQ, sumQQ);
    }

    /// <summary>The error for numbers that ggml ends the process on.</summary>
    public static HafsException NotEncodable(string why) => new(
        ErrorKind.InvalidData, "NotEncodable", $"a block of weights cannot be encoded: {why}", hint: "Look for infinities, NaN and numbers beyond 1e18 in the source.");
}

/// <summary>Which groups a <see cref="GridSearch"/> rounds once more at the final scale.</summary>
internal enum GridRefinement
{
    /// <summary>All.</summary>
    Always,

    /// <summary>All, if any of the winning candidate was off the grid (or no candidate won).</summary>
    AllIfAnyOffGrid,

    /// <summary>Those of the winning candidate that were off the grid.</summary>
    GroupsOffGrid,
}
