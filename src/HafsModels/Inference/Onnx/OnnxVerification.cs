namespace HafsModels.Inference.Onnx;

/// <summary>What running an ONNX model beside its source showed.</summary>
public sealed record OnnxVerification
{
    /// <summary>Full path of the graph.</summary>
    public required string Path { get; init; }

    /// <summary>Version of ONNX Runtime.</summary>
    public required string RuntimeVersion { get; init; }

    /// <summary>Where it computed, such as <c>Cpu</c>.</summary>
    public required string Provider { get; init; }

    /// <summary>Source and result on the same tokens: probabilities, perplexities, a greedy continuation, speeds.</summary>
    public required Fidelity Fidelity { get; init; }

    /// <summary>Largest difference of a logit over these tokens.</summary>
    public required double LargestLogitDifference { get; init; }

    /// <summary>Tokens that both chose alike, from the start of the continuation.</summary>
    public required int SameTokens { get; init; }

    /// <summary>Tokens of the continuation.</summary>
    public required int GeneratedTokens { get; init; }
}
