namespace HafsModels.Quantization;

/// <summary>What a matrix is for, as far as recipes tell them apart.</summary>
internal enum RecipeRole
{
    /// <summary>Any other.</summary>
    Other,

    /// <summary>Token embeddings.</summary>
    Embedding,

    /// <summary>The output head.</summary>
    Head,

    /// <summary>Query projection.</summary>
    Query,

    /// <summary>Key projection.</summary>
    Key,

    /// <summary>Value projection, alone or fused with others.</summary>
    Value,

    /// <summary>Projection that leaves attention.</summary>
    AttentionOutput,

    /// <summary>Feed-forward matrix whose product is gated.</summary>
    Up,

    /// <summary>Feed-forward gate.</summary>
    Gate,

    /// <summary>Feed-forward matrix back to the model's width.</summary>
    Down,
}
