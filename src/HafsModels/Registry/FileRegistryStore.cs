using System.Diagnostics;

namespace HafsModels.Registry;

/// <summary>
/// A registry in a file, with its sidecar. Writers wait for each other at a lock file; a write replaces each file by a rename, so that
/// readers need no lock. Of two changed files the sidecar goes first: should the process die in between, what happened is recorded and only
/// hafs' view of it lags until the record is written next.
/// </summary>
/// <param name="path">Full path of the registry file.</param>
/// <param name="lockTimeout">How long to wait for other writers.</param>
internal sealed class FileRegistryStore(string path, TimeSpan lockTimeout) : IRegistryStore
{
    // hafs truncates the file and then writes it: a file that does not parse and has just been touched gets a little time.
    private static readonly TimeSpan HafsWrites = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan JustTouched = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan ReplaceRetries = TimeSpan.FromSeconds(3);
    private const int MaxAttempts = 20;
    private const int PauseMilliseconds = 10;

    public string Location { get; } = path;

    public RegistrySnapshot Read() => RegistryCache.IfUntouched(Location) ?? Load().Snapshot;

    public T Change<T>(Func<RegistryEdit, T> edit, CancellationToken cancellationToken)
    {
        using var held = RegistryLock.Acquire(Location, lockTimeout, cancellationToken);
        for (int attempt = 0; attempt < MaxAttempts; attempt++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            (RegistryFiles files, RegistrySnapshot snapshot) = Load();
            RegistryCheck.EnsureWritable(snapshot);
            var change = new RegistryEdit(snapshot);
            T result = edit(change);
            if (!change.MainChanged && !change.SidecarChanged)
                return result;
            byte[]? main = change.MainChanged ? RegistryFiles.Bytes(change.FinishMain()) : null;
            byte[]? sidecar = change.SidecarChanged ? RegistryFiles.Bytes(change.FinishSidecar()) : null;
            RegistryBackups.Add(Location, files);

            // hafs knows no lock: what it wrote since we read is the new base.
            if (!files.SameAs(RegistryFiles.Read(Location)))
                continue;
            if (sidecar is not null)
                Replace(RegistryPath.Sidecar(Location), sidecar);
            if (main is not null)
                Replace(Location, main);
            return result;
        }

        throw new HafsException(ErrorKind.Conflict, "RegistryBusy", $"{Location} was changed by another program {MaxAttempts} times while it was being written.", Location, "Wait for hafs to end, then try again.");
    }

    public IReadOnlyList<RegistryBackup> Backups()
    {
        RegistrySnapshot? next = TryParse(RegistryFiles.Read(Location), Location);
        var backups = new List<RegistryBackup>();
        foreach ((string file, DateTime made, bool kept) in RegistryBackups.List(Location))
        {
            RegistrySnapshot? snapshot = TryParse(RegistryFiles.Read(file), file);
            backups.Add(new RegistryBackup
            {
                Path = file,
                CreatedAt = made,
                IsKept = kept,
                IsReadable = snapshot is not null,
                Models = snapshot?.Models.Count ?? 0,
                Changes = snapshot is null || next is null ? [] : RegistryDifference.Between(snapshot, next),
            });
            next = snapshot;
        }

        return backups;
    }

    public string Backup(string? target, CancellationToken cancellationToken)
    {
        using var held = RegistryLock.Acquire(Location, lockTimeout, cancellationToken);
        RegistryFiles files = RegistryFiles.Read(Location);
        return files.Main is null
            ? throw new HafsException(ErrorKind.NotFound, "RegistryNotFound", $"{Location} does not exist; there is nothing to keep.", Location)
            : RegistryBackups.Keep(Location, target, files);
    }

    public IReadOnlyList<RegistryChange> Restore(string? from, bool apply, CancellationToken cancellationToken)
    {
        using var held = RegistryLock.Acquire(Location, lockTimeout, cancellationToken);
        string source = from is not null ? Path.GetFullPath(from) : Backups().FirstOrDefault(b => b.IsReadable)?.Path
            ?? throw new HafsException(ErrorKind.NotFound, "BackupNotFound", $"No backup of {Location} can be read.", Location);
        RegistryFiles files = RegistryFiles.Read(source);
        if (files.Main is null)
            throw new HafsException(ErrorKind.NotFound, "BackupNotFound", $"{source} does not exist.", source);
        RegistrySnapshot backup = files.Parse(source);
        if (backup.Sidecar is null)
            throw new HafsException(ErrorKind.InvalidData, "BackupDamaged", backup.Problems[0].Message, source, "Choose another backup.");

        // A registry that cannot be read differs in everything it should have.
        RegistryFiles current = RegistryFiles.Read(Location);
        RegistrySnapshot before = TryParse(current, Location) ?? new RegistryFiles(null, null).Parse(Location);
        IReadOnlyList<RegistryChange> changes = RegistryDifference.Between(before, backup);
        if (!apply || files.SameAs(current))
            return changes;
        RegistryBackups.Add(Location, current);
        Replace(RegistryPath.Sidecar(Location), files.Sidecar ?? RegistryFiles.Bytes(RegistrySidecar.New()));
        Replace(Location, files.Main);
        return changes;
    }

    /// <summary>Exchanges a sidecar that cannot be read for the newest one among the backups that can; the damaged one is kept.</summary>
    public void RestoreSidecar(CancellationToken cancellationToken)
    {
        using var held = RegistryLock.Acquire(Location, lockTimeout, cancellationToken);
        RegistryFiles files = RegistryFiles.Read(Location);
        if (files.Parse(Location).Sidecar is not null)
            return;
        RegistryBackups.Keep(Location, null, files);
        byte[]? good = Backups().Where(b => b.IsReadable).Select(b => RegistryFiles.Read(b.Path).Sidecar).FirstOrDefault(s => s is not null);
        Replace(RegistryPath.Sidecar(Location), good ?? RegistryFiles.Bytes(RegistrySidecar.New()));
    }

    private static RegistrySnapshot? TryParse(RegistryFiles files, string path)
    {
        try
        {
            return files.Main is null || files.Parse(path) is not { Sidecar: not null } snapshot ? null : snapshot;
        }
        catch (HafsException e) when (e.Kind == ErrorKind.InvalidData)
        {
            return null;
        }
    }

    private (RegistryFiles Files, RegistrySnapshot Snapshot) Load()
    {
        long start = Stopwatch.GetTimestamp();
        while (true)
        {
            var stamps = RegistryCache.Stamps(Location);
            RegistryFiles files = RegistryFiles.Read(Location);
            try
            {
                return (files, RegistryCache.Parse(Location, stamps, files));
            }
            catch (HafsException e) when (e.Id == "RegistryDamaged" && DateTime.UtcNow - stamps.Main.WrittenUtc < JustTouched && Stopwatch.GetElapsedTime(start) < HafsWrites)
            {
                Thread.Sleep(PauseMilliseconds);
            }
        }
    }

    private static void Replace(string target, byte[] bytes)
    {
        // Under the lock there is one writer, so one name does, and what a killed writer left is overwritten.
        string partial = target + ".partial";
        try
        {
            using (var file = new FileStream(partial, FileMode.Create, FileAccess.Write, FileShare.None, bufferSize: 0))
            {
                file.Write(bytes);
                file.Flush(flushToDisk: true);
            }

            bool exists = File.Exists(target);
            if (exists && !OperatingSystem.IsWindows())
                File.SetUnixFileMode(partial, File.GetUnixFileMode(target));
            Rename(partial, target, exists);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            TryDelete(partial);
            throw new HafsException(e is UnauthorizedAccessException ? ErrorKind.PermissionDenied : ErrorKind.ResourceExhausted, "RegistryWriteFailed",
                $"{target}: {e.Message} The registry is as it was.", target, inner: e);
        }
    }

    // On Windows File.Replace keeps the access list of the target, and fails while a reader that shares no deletion (Python) has it open.
    private static void Rename(string partial, string target, bool exists)
    {
        long start = Stopwatch.GetTimestamp();
        while (true)
        {
            try
            {
                if (exists && OperatingSystem.IsWindows())
                    File.Replace(partial, target, null, ignoreMetadataErrors: true);
                else
                    File.Move(partial, target, overwrite: true);
                return;
            }
            catch (Exception e) when (OperatingSystem.IsWindows() && e is IOException or UnauthorizedAccessException && Stopwatch.GetElapsedTime(start) < ReplaceRetries)
            {
                Thread.Sleep(PauseMilliseconds);
            }
        }
    }

    private static void TryDelete(string path)
    {
        try
        {
            File.Delete(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // The error that led here is the one to report.
        }
    }
}
