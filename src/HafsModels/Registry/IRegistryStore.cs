namespace HafsModels.Registry;

/// <summary>Keeps a registry: in files, or in a database.</summary>
internal interface IRegistryStore
{
    /// <summary>What names the registry: the full path of its file, or its address.</summary>
    string Location { get; }

    /// <summary>The registry as it is now.</summary>
    RegistrySnapshot Read();

    /// <summary>Changes it as a whole or not at all, one writer at a time.</summary>
    /// <param name="edit">The change; run again when somebody else wrote meanwhile.</param>
    /// <param name="cancellationToken">Ends the wait for other writers.</param>
    T Change<T>(Func<RegistryEdit, T> edit, CancellationToken cancellationToken);

    /// <summary>Backups, newest first.</summary>
    IReadOnlyList<RegistryBackup> Backups();

    /// <summary>Makes a backup that stays, at <paramref name="target"/> or among the others.</summary>
    /// <returns>Where it lies.</returns>
    string Backup(string? target, CancellationToken cancellationToken);

    /// <summary>Goes back to a backup, or to the newest that can be read; whatever state the registry is in.</summary>
    /// <returns>What differs in the backup.</returns>
    IReadOnlyList<RegistryChange> Restore(string? from, bool apply, CancellationToken cancellationToken);

    /// <summary>Makes a sidecar readable again.</summary>
    void RestoreSidecar(CancellationToken cancellationToken);
}
