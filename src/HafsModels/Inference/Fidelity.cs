namespace HafsModels.Inference;

/// <summary>How faithfully a result answers like its source: both were run on the same tokens.</summary>
public sealed record Fidelity
{
    /// <summary>Predicted tokens compared.</summary>
    public required int Tokens { get; init; }

    /// <summary>Share of positions where both put the same token first, 0 to 1.</summary>
    public required double Top1Agreement { get; init; }

    /// <summary>Mean Kullback-Leibler divergence of the result from the source, nats per token.</summary>
    public required double MeanKlDivergence { get; init; }

    /// <summary>Perplexity of the source on the text.</summary>
    public required double SourcePerplexity { get; init; }

    /// <summary>Perplexity of the result on the text.</summary>
    public required double ResultPerplexity { get; init; }

    /// <summary>Greedy continuation by the source.</summary>
    public string SourceText { get; init; } = "";

    /// <summary>Greedy continuation by the result.</summary>
    public string ResultText { get; init; } = "";

    /// <summary>Speed of the source run while generating, tokens per second.</summary>
    public double SourceTokensPerSecond { get; init; }

    /// <summary>Speed of the result run while generating, tokens per second.</summary>
    public double ResultTokensPerSecond { get; init; }
}
