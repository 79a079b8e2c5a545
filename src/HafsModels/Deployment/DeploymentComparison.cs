namespace HafsModels.Deployment;

/// <summary>Two deployments on the same prompts.</summary>
/// <param name="Reference">Model and backend that were compared with.</param>
/// <param name="Difference">Model and backend that were compared.</param>
/// <param name="Answers">Both answers to each prompt.</param>
public sealed record DeploymentComparison(string Reference, string Difference, IReadOnlyList<ComparedAnswer> Answers)
{
    /// <summary>Share of prompts that both answer with the same text, 0 to 1.</summary>
    public double SameAnswers => Answers.Count == 0 ? 0 : Answers.Count(a => a.IsSame) / (double)Answers.Count;

    /// <summary>Answers of the reference that are as expected, of those where something is expected.</summary>
    public int ReferencePassed => Answers.Count(a => a.ReferencePassed == true);

    /// <summary>Answers of the other that are as expected.</summary>
    public int DifferencePassed => Answers.Count(a => a.DifferencePassed == true);

    /// <summary>Prompts where something is expected.</summary>
    public int Expected => Answers.Count(a => a.ReferencePassed is not null);

    /// <summary>Median speed of the reference, tokens per second.</summary>
    public double ReferenceTokensPerSecond => Median(Answers.Select(a => a.ReferenceTokensPerSecond));

    /// <summary>Median speed of the other, tokens per second.</summary>
    public double DifferenceTokensPerSecond => Median(Answers.Select(a => a.DifferenceTokensPerSecond));

    /// <summary>Median time to the first token of the reference, milliseconds.</summary>
    public double ReferenceFirstTokenMilliseconds => Median(Answers.Select(a => a.ReferenceFirstTokenMilliseconds));

    /// <summary>Median time to the first token of the other, milliseconds.</summary>
    public double DifferenceFirstTokenMilliseconds => Median(Answers.Select(a => a.DifferenceFirstTokenMilliseconds));

    private static double Median(IEnumerable<double> values)
    {
        double[] sorted = [.. values.Order()];
        return sorted.Length == 0 ? 0 : (sorted[(sorted.Length - 1) / 2] + sorted[sorted.Length / 2]) / 2;
    }
}
