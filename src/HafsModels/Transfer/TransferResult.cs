namespace HafsModels.Transfer;

/// <summary>A model that was moved.</summary>
public sealed record TransferResult
{
    /// <summary>The model.</summary>
    public required string ModelId { get; init; }

    /// <summary>Name of the copy in the model's locations.</summary>
    public required string Location { get; init; }

    /// <summary>Path of the copy on its machine.</summary>
    public required string Path { get; init; }

    /// <summary><c>mount</c> or <c>ssh</c>.</summary>
    public required string Method { get; init; }

    /// <summary>Files it has; each was hashed on both sides.</summary>
    public required int Files { get; init; }

    /// <summary>Their size.</summary>
    public required long Bytes { get; init; }

    /// <summary>Of these, bytes that an earlier transfer had brought.</summary>
    public required long ResumedBytes { get; init; }

    /// <summary>How long it took.</summary>
    public required TimeSpan Duration { get; init; }

    /// <summary>Registry that records it.</summary>
    public string Registry { get; init; } = "";
}
