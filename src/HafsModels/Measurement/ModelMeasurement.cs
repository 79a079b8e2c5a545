namespace HafsModels.Measurement;

/// <summary>What a model, or a file made of it, was measured to do, on the same text and by the same decoder.</summary>
public sealed record ModelMeasurement
{
    /// <summary>Id of the model.</summary>
    public required string ModelId { get; init; }

    /// <summary>What was run: the checkpoint's folder, or a GGUF file.</summary>
    public required string Path { get; init; }

    /// <summary>Recipe or type of the file; <c>source</c> for the checkpoint.</summary>
    public required string Quantization { get; init; }

    /// <summary>Memory its weights take in the decoder, bytes.</summary>
    public required long WeightBytes { get; init; }

    /// <summary>Predicted tokens.</summary>
    public required int Tokens { get; init; }

    /// <summary>Perplexity on the text.</summary>
    public required double Perplexity { get; init; }

    /// <summary>Mean Kullback-Leibler divergence from the source, nats per token; 0 for the source.</summary>
    public required double MeanKlDivergence { get; init; }

    /// <summary>Share of positions where it and the source put the same token first, 0 to 1.</summary>
    public required double Top1Agreement { get; init; }

    /// <summary>Speed of taking a prompt, tokens per second.</summary>
    public required double PromptTokensPerSecond { get; init; }

    /// <summary>Speed of generating, tokens per second.</summary>
    public required double TokensPerSecond { get; init; }
}
