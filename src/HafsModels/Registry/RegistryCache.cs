using System.Collections.Concurrent;

namespace HafsModels.Registry;

/// <summary>
/// Parsed registries by path. It is a memo, not state: what it returns always equals what the files say, or it reads them. One for the
/// process, because a cmdlet or a tab completion lives for one call and must not parse 10,000 records each time.
/// </summary>
internal static class RegistryCache
{
    private const int MaxRegistries = 8;

    // A file may change twice within one tick of its file system's clock (2 s on FAT): a stamp says "unchanged" only when it was old by then.
    private static readonly TimeSpan StampResolution = TimeSpan.FromSeconds(2.5);

    private static readonly ConcurrentDictionary<string, Entry> Entries = new(StringComparer.Ordinal);

    /// <summary>The snapshot of files that have not been touched since they were parsed, or null.</summary>
    public static RegistrySnapshot? IfUntouched(string path)
    {
        if (!Entries.TryGetValue(path, out Entry? entry) || !entry.Settled || entry.Stamps != Stamps(path))
            return null;
        entry.UsedAt = Environment.TickCount64;
        return entry.Snapshot;
    }

    /// <summary>The snapshot of these bytes, parsed unless they were the last ones.</summary>
    /// <param name="path">The registry file.</param>
    /// <param name="stamps">The stamps from before the bytes were read.</param>
    /// <param name="files">The bytes.</param>
    public static RegistrySnapshot Parse(string path, (FileStamp Main, FileStamp Sidecar) stamps, RegistryFiles files)
    {
        string hash = files.Hash();
        RegistrySnapshot snapshot = Entries.TryGetValue(path, out Entry? entry) && entry.Hash == hash ? entry.Snapshot : files.Parse(path);
        DateTime latest = stamps.Main.WrittenUtc > stamps.Sidecar.WrittenUtc ? stamps.Main.WrittenUtc : stamps.Sidecar.WrittenUtc;
        if (Entries.Count >= MaxRegistries && !Entries.ContainsKey(path))
            Entries.TryRemove(Entries.MinBy(e => e.Value.UsedAt).Key, out _);
        Entries[path] = new Entry(stamps, DateTime.UtcNow - latest > StampResolution, hash, snapshot);
        return snapshot;
    }

    public static (FileStamp Main, FileStamp Sidecar) Stamps(string path) => (FileStamp.Of(path), FileStamp.Of(RegistryPath.Sidecar(path)));

    private sealed record Entry((FileStamp Main, FileStamp Sidecar) Stamps, bool Settled, string Hash, RegistrySnapshot Snapshot)
    {
        public long UsedAt { get; set; } = Environment.TickCount64;
    }
}
