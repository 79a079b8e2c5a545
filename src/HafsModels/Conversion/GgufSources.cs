using HafsModels.Formats.Gguf;
using HafsModels.Quantization;

namespace HafsModels.Conversion;

/// <summary>Finds the GGUF file that a path means as a source.</summary>
internal static class GgufSources
{
    private const string Extension = ".gguf";

    /// <summary>The file itself, or the one that a folder without a checkpoint holds; null when the path is something else.</summary>
    /// <exception cref="HafsException">A folder holds several, and more or less than one of them is not quantized.</exception>
    public static string? Find(string path)
    {
        path = Path.GetFullPath(path);
        if (File.Exists(path))
            return path;
        if (!Directory.Exists(path) || File.Exists(Path.Combine(path, "config.json")))
            return null;
        string[] files = [.. Directory.EnumerateFiles(path, "*" + Extension).Order(StringComparer.Ordinal).Where(IsFirst)];
        if (files.Length < 2)
            return files.FirstOrDefault();
        string[] originals = [.. files.Where(IsOriginal)];
        return originals.Length == 1 ? originals[0] : throw new HafsException(
            ErrorKind.InvalidArgument,
            "SeveralGgufFiles",
            $"{path}: {files.Length} GGUF files lie here, and {originals.Length} of them are F32, F16 or BF16: {string.Join(", ", files.Take(6).Select(Path.GetFileName))}",
            path,
            "Name the file to convert.");
    }

    /// <summary>What a model is called: its first file's name without type, number and extension.</summary>
    public static string NameOf(GgufSet set)
    {
        string name = Path.GetFileName(set.Path);
        name = set.Files.Count > 1 ? GgufSplit.PrefixOf(name, 0, set.Files.Count)! : Path.GetFileNameWithoutExtension(name);
        int dash = name.LastIndexOf('-');
        return dash > 0 && Recipes.All.Any(r => r.Name.Equals(name[(dash + 1)..], StringComparison.OrdinalIgnoreCase)) ? name[..dash] : name;
    }

    private static bool IsFirst(string path)
    {
        using GgufFile file = GgufFile.Open(path);
        return file.Find(GgufSplit.NumberKey)?.AsInteger() is null or 0;
    }

    private static bool IsOriginal(string path)
    {
        using GgufFile file = GgufFile.Open(path);
        return Recipes.All.Any(r => !r.IsQuantized && r.FileType == file.Find("general.file_type")?.AsInteger());
    }
}
