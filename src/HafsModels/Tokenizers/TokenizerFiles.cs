using System.Text.Json;
using HafsModels.Formats;

namespace HafsModels.Tokenizers;

/// <summary>The JSON files of a tokenizer beside a checkpoint.</summary>
internal static class TokenizerFiles
{
    /// <summary>The largest tokenizer.json in use has 33 MB.</summary>
    private const int MaximumBytes = 256 << 20;

    /// <summary>Reads a file; null when it is not there. Of members with one name the last counts, as for the programs that write them.</summary>
    /// <exception cref="HafsException">It may not be read, is too large or no JSON object.</exception>
    public static JsonDocument? TryRead(string path) =>
        File.Exists(path) ? JsonFile.Read(path, MaximumBytes, "TokenizerFileTooLarge", "TokenizerFileInvalid", options: default(JsonDocumentOptions)) : null;
}
