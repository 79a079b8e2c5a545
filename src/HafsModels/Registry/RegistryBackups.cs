using System.Globalization;

namespace HafsModels.Registry;

/// <summary>
/// Copies of a registry from before each write, in the folder <c>backups</c> beside it: the newest ones, and the newest of each of the last
/// days, so that a burst of writes does not push out all that is older than the burst.
/// </summary>
internal static class RegistryBackups
{
    private const int Newest = 10;
    private const int Days = 14;
    private const string TimeFormat = "yyyyMMdd'T'HHmmss.ffffff'Z'";

    /// <summary>Keeps both files as they are before a write, and drops backups that are not to be kept.</summary>
    public static void Add(string registry, RegistryFiles files)
    {
        if (files.Main is null)
            return;
        string folder = Folder(registry);
        Directory.CreateDirectory(folder);
        string main = Path.Combine(folder, $"{Path.GetFileNameWithoutExtension(registry)}.{DateTime.UtcNow.ToString(TimeFormat, CultureInfo.InvariantCulture)}.json");
        if (files.Sidecar is { } sidecar)
            WriteWhole(RegistryPath.Sidecar(main), sidecar);
        WriteWhole(main, files.Main);
        Thin(registry);
    }

    /// <summary>Registry files of all backups, newest first, with the UTC time they were made.</summary>
    public static IReadOnlyList<(string Path, DateTime CreatedUtc)> List(string registry)
    {
        string folder = Folder(registry), stem = Path.GetFileNameWithoutExtension(registry);
        if (!Directory.Exists(folder))
            return [];
        var found = new List<(string Path, DateTime CreatedUtc)>();
        foreach (string file in Directory.EnumerateFiles(folder, stem + ".*.json"))
        {
            string name = Path.GetFileNameWithoutExtension(file);
            if (name.Length > stem.Length && DateTime.TryParseExact(name[(stem.Length + 1)..], TimeFormat, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out DateTime made))
                found.Add((file, made));
        }

        return [.. found.OrderByDescending(b => b.CreatedUtc)];
    }

    /// <summary>What to do about a damaged registry.</summary>
    public static string RestoreHint(string registry) => List(registry) is [var newest, ..]
        ? $"Restore a backup with Restore-ModelRegistry (or copy {newest.Path} over it; {List(registry).Count} are kept in {Folder(registry)})."
        : $"No backup was found in {Folder(registry)}; mend the file by hand, or move it away to begin anew.";

    private static string Folder(string registry) => Path.Combine(Path.GetDirectoryName(registry)!, "backups");

    private static void Thin(string registry)
    {
        var all = List(registry);
        var keep = all.Take(Newest).Concat(all.GroupBy(b => b.CreatedUtc.Date).Take(Days).Select(day => day.First())).Select(b => b.Path).ToHashSet(StringComparer.Ordinal);
        foreach ((string path, _) in all)
        {
            if (keep.Contains(path))
                continue;
            File.Delete(path);
            File.Delete(RegistryPath.Sidecar(path));
        }
    }

    private static void WriteWhole(string path, byte[] bytes)
    {
        // One name for all, so that a killed writer leaves at most one.
        string partial = Path.Combine(Path.GetDirectoryName(path)!, "backup.partial");
        File.WriteAllBytes(partial, bytes);
        File.Move(partial, path, overwrite: true);
    }
}
