namespace HafsModels.Registry;

/// <summary>A copy of the registry from before a write, or made on demand.</summary>
public sealed record RegistryBackup
{
    /// <summary>The copy of the registry file; the copy of the sidecar lies beside it.</summary>
    public required string Path { get; init; }

    /// <summary>When it was made, UTC.</summary>
    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>Made on demand: it is never dropped to make room.</summary>
    public required bool IsKept { get; init; }

    /// <summary>Whether both files can be read.</summary>
    public required bool IsReadable { get; init; }

    /// <summary>Models in it.</summary>
    public required int Models { get; init; }

    /// <summary>What changed from this state to the next one (the next backup, or the registry as it is); empty when either cannot be read.</summary>
    public required IReadOnlyList<RegistryChange> Changes { get; init; }
}
