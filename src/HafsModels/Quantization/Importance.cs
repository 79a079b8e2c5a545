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

    /// <summary>Sum from left to right.</summary>
    public static float Sum(ReadOnlySpan<float> weights)
    {
        float sum = 0;
        foreach (float weight in weights)
            sum += weight;
        return sum;
    }
}
