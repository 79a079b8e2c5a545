namespace HafsModels.Formats.ImportanceMatrices;

/// <summary>What met one tensor while a text was run: the squares of the inputs of its products, summed for each column.</summary>
/// <param name="Squares">Σx² of each column; for stacked experts one such row an expert, one after the other.</param>
/// <param name="Counts">How many inputs each row of <paramref name="Squares"/> sums over: one number, or one an expert.</param>
public sealed record ActivationSums(ReadOnlyMemory<float> Squares, ReadOnlyMemory<float> Counts)
{
    /// <summary>Suffix of the GGUF tensor that holds <see cref="Squares"/>.</summary>
    public const string SquaresSuffix = ".in_sum2";

    /// <summary>Suffix of the GGUF tensor that holds <see cref="Counts"/>.</summary>
    public const string CountsSuffix = ".counts";

    /// <summary>The importance of each column: mean squares, and 1 where nothing was counted (an expert that no token chose).</summary>
    public float[] Weights()
    {
        float[] weights = Squares.ToArray();
        int columns = weights.Length / Counts.Length;
        for (int i = 0; i < weights.Length; i++)
        {
            float count = Counts.Span[i / columns];
            weights[i] = count > 0 ? weights[i] / count : 1;
        }

        return weights;
    }
}
