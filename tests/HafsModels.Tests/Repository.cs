namespace HafsModels.Tests;

/// <summary>Where the repository's own files are.</summary>
internal static class Repository
{
    public static string Root { get; } = FindRoot(AppContext.BaseDirectory);

    /// <summary>Full path of a file or folder given by its path from the root.</summary>
    public static string PathOf(params string[] parts) => Path.Combine([Root, .. parts]);

    private static string FindRoot(string? folder)
    {
        while (folder is not null && !File.Exists(Path.Combine(folder, "HafsModels.slnx")))
            folder = Path.GetDirectoryName(folder);
        return folder ?? throw new DirectoryNotFoundException("No folder above the tests holds HafsModels.slnx");
    }
}
