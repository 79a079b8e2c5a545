using System.Globalization;
using HafsModels.Formats.Gguf;

namespace HafsModels.Conversion;

/// <summary>What a file says about the weight files it was made from.</summary>
internal static class SourceMetadata
{
    // As long as the hash that takes its place, so that no tensor moves.
    private static readonly string Unknown = new('0', 64);

    /// <summary>The keys before the hashes are known; none for no files.</summary>
    /// <param name="files">Paths of the files, of which the file states the names.</param>
    public static IEnumerable<KeyValuePair<string, GgufValue>> Of(IReadOnlyList<string> files)
    {
        if (files.Count > 0)
            yield return new(SourceKeys.Prefix + "count", new((uint)files.Count));
        for (int i = 0; i < files.Count; i++)
        {
            yield return new(Key(i, SourceKeys.File), new(Path.GetFileName(files[i])));
            yield return new(Key(i, SourceKeys.Sha256), new(Unknown));
        }
    }

    /// <summary>The metadata with the hashes in.</summary>
    public static IReadOnlyList<KeyValuePair<string, GgufValue>> Fill(IReadOnlyList<KeyValuePair<string, GgufValue>> metadata, IReadOnlyList<string> hashes)
    {
        var byKey = hashes.Select((hash, i) => (Key: Key(i, SourceKeys.Sha256), Hash: hash)).ToDictionary(h => h.Key, h => h.Hash, StringComparer.Ordinal);
        return [.. metadata.Select(m => byKey.TryGetValue(m.Key, out string? hash) ? new KeyValuePair<string, GgufValue>(m.Key, new(hash)) : m)];
    }

    private static string Key(int number, string what) => string.Create(CultureInfo.InvariantCulture, $"{SourceKeys.Prefix}{number}.{what}");
}
