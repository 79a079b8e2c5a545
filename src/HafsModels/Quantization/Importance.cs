namespace HafsModels.Quantization;

/// <summary>How an importance matrix becomes weights of errors: importance × √(mean square + x²).</summary>
internal static class Importance
{
    /// <summary>Σx², added from left to right.</summary>
    public static float SumOfSquares(ReadOnlySpan<float> x)
    {
        float sum = 0;
        foreach (float value in x)
            sum += value * value;
        return sum;
    }

    /// <summary><see cref="SumOfSquares"/> of each of up to four rows, divided by their length; the sums run side by side.</summary>
    public static void MeanSquares(ReadOnlySpan<float> rows, int rowLength, Span<float> meanSquares)
    {
        if (rows.Length < 4 * rowLength)
        {
            for (int row = 0; row < rows.Length / rowLength; row++)
                meanSquares[row] = SumOfSquares(rows.Slice(row * rowLength, rowLength)) / rowLength;
            return;
        }

        ReadOnlySpan<float> x0 = rows[..rowLength], x1 = rows.Slice(rowLength, rowLength), x2 = rows.Slice(2 * rowLength, rowLength), x3 = rows.Slice(3 * rowLength, rowLength);
        float sum0 = 0, sum1 = 0, sum2 = 0, sum3 = 0;
        for (int i = 0; i < x0.Length; i++)
        {
            sum0 += x0[i] * x0[i];
            sum1 += x1[i] * x1[i];
            sum2 += x2[i] * x2[i];
            sum3 += x3[i] * x3[i];
        }

        (meanSquares[0], meanSquares[1], meanSquares[2], meanSquares[3]) = (sum0 / rowLength, sum1 / rowLength, sum2 / rowLength, sum3 / rowLength);
    }

    /// <summary>Computes the weights of one block.</summary>
    /// <param name="x">The numbers.</param>
    /// <param name="importance">The importance of each column.</param>
    /// <param name="meanSquare">Mean square of the surroundings (row or super-block; some types double it).</param>
    /// <param name="weights">Takes the weights.</param>
    public static void Weights(ReadOnlySpan<float> x, ReadOnlySpan<float> importance, float meanSquare, Span<float> weights)
    {
        for (int i = 0; i < x.Length; i++)
            weights[i] = importance[i] * MathF.Sqrt(meanSquare + x[i] * x[i]);
    }

    /// <summary><see cref="Weights"/>, or x² where there is no importance matrix.</summary>
    public static void WeightsOrSquares(ReadOnlySpan<float> x, ReadOnlySpan<float> importance, float meanSquare, Span<float> weights)
    {
        if (!importance.IsEmpty)
        {
            Weights(x, importance, meanSquare, weights);
            return;
        }

        for (int i = 0; i < x.Length; i++)
            weights[i] = x[i] * x[i];
    }

    /// <summary>Sum from left to right.</summary>
    public static float Sum(ReadOnlySpan<float> weights)
    {
        float sum = 0;
        foreach (float weight in weights)
            sum += weight;
        return sum;
    }
}
