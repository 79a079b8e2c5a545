namespace HafsModels.Inference;

/// <summary>An importance matrix that was measured and written.</summary>
public sealed record ModelImportance
{
    /// <summary>Full path of the file.</summary>
    public required string Path { get; init; }

    /// <summary>SHA-256 of the file, lower-case hex.</summary>
    public required string Sha256 { get; init; }

    /// <summary>The model that was run: a folder or file.</summary>
    public required string Source { get; init; }

    /// <summary>The text it was run over.</summary>
    public required string TextPath { get; init; }

    /// <summary>Tokens that were run.</summary>
    public required long Tokens { get; init; }

    /// <summary>Chunks they were run in.</summary>
    public required int ChunkCount { get; init; }

    /// <summary>Tensors with an entry.</summary>
    public required int EntryCount { get; init; }

    /// <summary>Perplexity of the model on the second half of each chunk.</summary>
    public required double Perplexity { get; init; }

    /// <summary>Speed, tokens per second.</summary>
    public required double TokensPerSecond { get; init; }
}
