using System.Globalization;

namespace HafsModels.Formats.Gguf;

/// <summary>How the files of one split model are named and numbered. Source: what llama-gguf-split writes.</summary>
public static class GgufSplit
{
    /// <summary>Key of a file's number, from 0 (u16).</summary>
    public const string NumberKey = "split.no";

    /// <summary>Key of the number of files (u16); 0 in a merged file.</summary>
    public const string CountKey = "split.count";

    /// <summary>Key of the number of tensors in all files (i32).</summary>
    public const string TensorCountKey = "split.tensors.count";

    /// <summary>The keys that only say how a model is split.</summary>
    public static IReadOnlyList<string> Keys { get; } = [NumberKey, CountKey, TensorCountKey];

    /// <summary>Most files: their number is stored in 16 bits.</summary>
    public const int MaxFiles = ushort.MaxValue;

    /// <summary>Name of one file: <c>PREFIX-00001-of-00003.gguf</c>.</summary>
    /// <param name="prefix">What the names begin with; may have a folder.</param>
    /// <param name="number">The file's number, from 0.</param>
    /// <param name="count">Number of files.</param>
    public static string FileName(string prefix, int number, int count) =>
        string.Create(CultureInfo.InvariantCulture, $"{prefix}-{number + 1:00000}-of-{count:00000}.gguf");

    /// <summary>What the names begin with, given the name of one file; null when it is not named so.</summary>
    public static string? PrefixOf(string fileName, int number, int count)
    {
        ArgumentNullException.ThrowIfNull(fileName);
        string end = FileName("", number, count);
        return fileName.EndsWith(end, StringComparison.Ordinal) ? fileName[..^end.Length] : null;
    }
}
