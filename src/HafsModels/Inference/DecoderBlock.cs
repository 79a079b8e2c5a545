namespace HafsModels.Inference;

/// <summary>Weights of one transformer block.</summary>
internal sealed record DecoderBlock
{
    /// <summary>Norm before attention.</summary>
    public required float[] AttentionNorm { get; init; }

    /// <summary>Queries: heads × head width rows.</summary>
    public required WeightMatrix Query { get; init; }

    /// <summary>Keys: key/value heads × head width rows.</summary>
    public required WeightMatrix Key { get; init; }

    /// <summary>Values: key/value heads × head width rows.</summary>
    public required WeightMatrix Value { get; init; }

    /// <summary>Output of attention.</summary>
    public required WeightMatrix Output { get; init; }

    /// <summary>Bias of the queries, or empty.</summary>
    public required float[] QueryBias { get; init; }

    /// <summary>Bias of the keys, or empty.</summary>
    public required float[] KeyBias { get; init; }

    /// <summary>Bias of the values, or empty.</summary>
    public required float[] ValueBias { get; init; }

    /// <summary>Bias of attention's output, or empty.</summary>
    public required float[] OutputBias { get; init; }

    /// <summary>Norm of each query head, or empty.</summary>
    public required float[] QueryNorm { get; init; }

    /// <summary>Norm of each key head, or empty.</summary>
    public required float[] KeyNorm { get; init; }

    /// <summary>Norm before the feed-forward part.</summary>
    public required float[] FeedForwardNorm { get; init; }

    /// <summary>Gate of SwiGLU.</summary>
    public required WeightMatrix Gate { get; init; }

    /// <summary>Up projection of SwiGLU.</summary>
    public required WeightMatrix Up { get; init; }

    /// <summary>Down projection.</summary>
    public required WeightMatrix Down { get; init; }

    /// <summary>Numbers in the matrices.</summary>
    public long ParameterCount =>
        new[] { Query, Key, Value, Output, Gate, Up, Down }.Sum(matrix => (long)matrix.Rows * matrix.Columns);

    /// <summary>The same block with every matrix put through <paramref name="map"/>, which takes its role.</summary>
    public DecoderBlock Map(string prefix, Func<string, WeightMatrix, WeightMatrix> map) => this with
    {
        Query = map(prefix + "attn_q.weight", Query),
        Key = map(prefix + "attn_k.weight", Key),
        Value = map(prefix + "attn_v.weight", Value),
        Output = map(prefix + "attn_output.weight", Output),
        Gate = map(prefix + "ffn_gate.weight", Gate),
        Up = map(prefix + "ffn_up.weight", Up),
        Down = map(prefix + "ffn_down.weight", Down),
    };
}
