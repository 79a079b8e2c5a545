namespace HafsModels.Deployment;

/// <summary>What two deployments answer to one prompt.</summary>
/// <param name="Prompt">What was asked.</param>
/// <param name="Reference">Answer of the reference.</param>
/// <param name="Difference">Answer of the other.</param>
public sealed record ComparedAnswer(string Prompt, string Reference, string Difference)
{
    /// <summary>Whether both answer with the same text.</summary>
    public bool IsSame => Reference == Difference;

    /// <summary>Share of the longer answer that both begin with, 0 to 1.</summary>
    public double CommonStart => IsSame ? 1 : Reference.AsSpan().CommonPrefixLength(Difference) / (double)Math.Max(Reference.Length, Difference.Length);

    /// <summary>Whether the reference answers as expected; null where nothing is expected.</summary>
    public bool? ReferencePassed { get; init; }

    /// <summary>Whether the other does.</summary>
    public bool? DifferencePassed { get; init; }

    /// <summary>Time to the first token of the reference, milliseconds.</summary>
    public double ReferenceFirstTokenMilliseconds { get; init; }

    /// <summary>Time to the first token of the other, milliseconds.</summary>
    public double DifferenceFirstTokenMilliseconds { get; init; }

    /// <summary>Speed of the reference, tokens per second.</summary>
    public double ReferenceTokensPerSecond { get; init; }

    /// <summary>Speed of the other, tokens per second.</summary>
    public double DifferenceTokensPerSecond { get; init; }
}
