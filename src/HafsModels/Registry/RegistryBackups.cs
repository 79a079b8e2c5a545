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
    private const string KeptMark = ".kept";
    private const string TimeFormat = "yyyyMMdd'T'HHmmss.ffffff'Z'";

    /// <summary>Keeps both files as they are before a write, and drops backups that are not to be kept.</summary>
    public static void Add(string registry, RegistryFiles files)
    {
        if (files.Main is null)
            return;
        Write(NewPath(registry, ""), files);
        Thin(registry);
    }

    /// <summary>Writes both files as a backup that stays until somebody deletes it.</summary>
    /// <returns>Its registry file.</returns>
    public static string Keep(string registry, string? path, RegistryFiles files)
    {
        string target = path is null ? NewPath(registry, KeptMark) : Path.GetFullPath(path);
        Write(target, files);
        return target;
    }

    /// <summary>Registry files of all backups, newest first, with the UTC time they were made.</summary>
    public static IReadOnlyList<(string Path, DateTime CreatedUtc, bool IsKept)> List(string registry)
    {
        string folder = Folder(registry), stem = Path.GetFileNameWithoutExtension(registry) + ".";
        if (!Directory.Exists(folder))
            return [];
        var found = new List<(string Path, DateTime CreatedUtc, bool IsKept)>();
        foreach (string file in Directory.EnumerateFiles(folder, stem + "*.json"))
        {
            string time = Path.GetFileName(file)[stem.Length..^".json".Length];
            bool kept = time.EndsWith(KeptMark, StringComparison.Ordinal);
            if (kept)
                time = time[..^KeptMark.Length];
            if (DateTime.TryParseExact(time, TimeFormat, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out DateTime made))
                found.Add((file, made, kept));
        }

        return [.. found.OrderByDescending(b => b.CreatedUtc)];
    }

    /// <summary>What to do about a damaged registry.</summary>
    public static string RestoreHint(string registry) => List(registry) is { Count: > 0 } backups
        ? $"Restore a backup with Restore-ModelRegistry (or copy {backups[0].Path} over it; {backups.Count} are kept in {Folder(registry)})."
        : $"No backup was found in {Folder(registry)}; mend the file by hand, or move it away to begin anew.";

    private static string Folder(string registry) => Path.Combine(Path.GetDirectoryName(registry)!, "backups");

    private static void Thin(string registry)
    {
        var all = List(registry).Where(b => !b.IsKept).ToList();
        var keep = all.Take(Newest).Concat(all.GroupBy(b => b.CreatedUtc.Date).Take(Days).Select(day => day.First())).Select(b => b.Path).ToHashSet(StringComparer.Ordinal);
        foreach ((string path, _, _) in all)
        {
            if (keep.Contains(path))
                continue;
            File.Delete(path);
            File.Delete(RegistryPath.Sidecar(path));
        }
    }

    private static string NewPath(string registry, string mark) => Path.Combine(
        Folder(registry), $"{Path.GetFileNameWithoutExtension(registry)}.{DateTime.UtcNow.ToString(TimeFormat, CultureInfo.InvariantCulture)}{mark}.json");

    // The registry file last: a backup without its sidecar is never listed.
    private static void Write(string main, RegistryFiles files)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(main)!);
        if (files.Sidecar is { } sidecar)
            WriteWhole(RegistryPath.Sidecar(main), sidecar);
        else
            File.Delete(RegistryPath.Sidecar(main));
        WriteWhole(main, files.Main ?? []);
    }

    private static void WriteWhole(string path, byte[] bytes)
    {
        // One name for all, so that a killed writer leaves at most one.
        string partial = Path.Combine(Path.GetDirectoryName(path)!, "backup.partial");
        File.WriteAllBytes(partial, bytes);
        File.Move(partial, path, overwrite: true);
    }
}
