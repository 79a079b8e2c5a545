using System.Diagnostics;
using System.Text;
using HafsModels.Registry.Json;

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
            EnsureWritable(snapshot);
            var change = new RegistryEdit(snapshot);
            T result = edit(change);
            if (!change.MainChanged && !change.SidecarChanged)
                return result;
            byte[]? main = change.MainChanged ? Bytes(change.FinishMain()) : null;
            byte[]? sidecar = change.SidecarChanged ? Bytes(change.FinishSidecar()) : null;
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

    /// <summary>Replaces both files by those of a backup, whatever state they are in.</summary>
    public void Restore(RegistryFiles from, CancellationToken cancellationToken)
    {
        using var held = RegistryLock.Acquire(Location, lockTimeout, cancellationToken);
        RegistryBackups.Add(Location, RegistryFiles.Read(Location));
        if (from.Sidecar is { } sidecar)
            Replace(RegistryPath.Sidecar(Location), sidecar);
        else
            File.Delete(RegistryPath.Sidecar(Location));
        if (from.Main is { } main)
            Replace(Location, main);
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

    private static void EnsureWritable(RegistrySnapshot snapshot)
    {
        string sidecar = RegistryPath.Sidecar(snapshot.Path);
        if (snapshot.Sidecar is null)
            throw new HafsException(ErrorKind.InvalidData, "RegistrySidecarDamaged", $"{snapshot.Problems.First(p => p.Kind == RegistryProblemKind.SidecarDamaged).Message}", snapshot.Path, RegistryBackups.RestoreHint(snapshot.Path));
        foreach ((string file, JsonObject content) in new[] { (snapshot.Path, snapshot.Main), (sidecar, snapshot.Sidecar) })
            if (RegistryCheck.IsFuture(content))
                throw new HafsException(ErrorKind.Unsupported, "RegistryFromTheFuture", $"{file} has a later version than {RegistryCheck.MajorVersion}.x; it can be read, but not written.", snapshot.Path, "Use the program version that wrote it, or a later one.");
    }

    private static byte[] Bytes(JsonObject content) => Encoding.ASCII.GetBytes(JsonText.Write(content));

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
