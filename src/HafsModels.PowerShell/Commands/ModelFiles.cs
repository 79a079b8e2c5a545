namespace HafsModels.PowerShell.Commands;

/// <summary>Sizes of a model's files, to say before anything happens to them.</summary>
internal static class ModelFiles
{
    // A link is counted as nothing: what it points to is not the model's, and is not deleted with it.
    private static readonly EnumerationOptions EveryFile = new() { RecurseSubdirectories = true, AttributesToSkip = FileAttributes.ReparsePoint };

    /// <summary>Bytes of a file, or of all files in a folder; 0 when nothing is there.</summary>
    public static long Bytes(string path) =>
        File.Exists(path) ? new FileInfo(path).Length :
        Directory.Exists(path) ? new DirectoryInfo(path).EnumerateFiles("*", EveryFile).Sum(f => f.Length) : 0;
}
