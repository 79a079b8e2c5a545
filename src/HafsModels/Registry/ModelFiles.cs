namespace HafsModels.Registry;

/// <summary>The files that belong to a model alone, and their deletion.</summary>
internal static class ModelFiles
{
    /// <summary>The model's folder (or file), adapter folder and artifacts, as far as they are there.</summary>
    /// <exception cref="HafsException">A folder is not a model's: a drive's root, a home folder, the current folder, or one that holds the registry.</exception>
    public static IReadOnlyList<string> Of(Model model, string registryPath)
    {
        var paths = new List<string>();
        foreach (string path in new[] { model.Path, model.AdapterPath ?? "" }.Concat(model.Artifacts.Select(a => a.Path)).Where(p => p.Length > 0).Select(Path.GetFullPath).Distinct())
        {
            if (Directory.Exists(path))
                RequireModelFolder(path, registryPath);
            else if (!File.Exists(path))
                continue;
            paths.Add(path);
        }

        return paths;
    }

    /// <summary>Deletes files, and folders with all they hold.</summary>
    public static void Delete(IEnumerable<string> paths)
    {
        foreach (string path in paths)
        {
            if (Directory.Exists(path))
                Directory.Delete(path, recursive: true);
            else
                File.Delete(path);
        }
    }

    private static void RequireModelFolder(string folder, string registryPath)
    {
        bool holdsModel = File.Exists(Path.Combine(folder, "config.json")) || File.Exists(Path.Combine(folder, "adapter_config.json"));
        string[] precious = [registryPath, Environment.CurrentDirectory, Environment.GetFolderPath(Environment.SpecialFolder.UserProfile)];
        if (!holdsModel || Path.GetPathRoot(folder) == folder || precious.Any(p => p.Length > 0 && IsInside(p, folder)))
        {
            throw new HafsException(
                ErrorKind.InvalidArgument,
                "NotAModelFolder",
                $"{folder} is not deleted: it holds no config.json, or is or contains a root, home, current or registry folder",
                folder,
                "Delete it by hand if that is what you want.");
        }
    }

    private static bool IsInside(string path, string folder)
    {
        string relative = Path.GetRelativePath(folder, path);
        return relative == "." || (!relative.StartsWith("..", StringComparison.Ordinal) && !Path.IsPathRooted(relative));
    }
}
