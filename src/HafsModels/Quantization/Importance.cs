using HafsModels.Quantization.Search;

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

    /// <summary>Weighs one block and searches its scale (<see cref="ScaleSearch"/>).</summary>
    public static float Scale(ReadOnlySpan<float> x, ReadOnlySpan<float> importance, float meanSquare, int limit, Span<byte> quants)
    {
        Span<float> weights = stackalloc float[x.Length];
        Weights(x, importance, meanSquare, weights);
        return ScaleSearch.Find(x, weights, limit, quants);
    }

    /// <summary>Weighs one block and searches its scale and minimum (<see cref="ScaleMinSearch"/>).</summary>
    public static (float Scale, float Minimum) ScaleAndMinimum<TRule>(ReadOnlySpan<float> x, ReadOnlySpan<float> importance, float meanSquare, Span<byte> quants)
        where TRule : struct, IScaleMinRule
    {
        Span<float> weights = stackalloc float[x.Length];
        Weights(x, importance, meanSquare, weights);
        float scale = ScaleMinSearch.Find<TRule>(x, weights, quants, out float offset);
        return (scale, -offset);
    }
}
