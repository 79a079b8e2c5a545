using System.Text;
using System.Text.Json;
using System.Text.Unicode;

namespace HafsModels.Tokenizers;

/// <summary>Small JSON configuration files beside a checkpoint, read whole under a cap.</summary>
internal static class JsonFile
{
    /// <summary>The largest tokenizer.json in use has 33 MB.</summary>
    private const long MaximumBytes = 256L << 20;

    private static readonly JsonDocumentOptions Options = new() { MaxDepth = 64, CommentHandling = JsonCommentHandling.Disallow };

    /// <summary>Reads a file; null when it is not there.</summary>
    /// <exception cref="HafsException">It is too large or no JSON object.</exception>
    public static JsonDocument? TryRead(string path)
    {
        var file = new FileInfo(path);
        if (!file.Exists)
            return null;
        if (file.Length > MaximumBytes)
        {
            throw new HafsException(ErrorKind.InvalidData, "TokenizerFileTooLarge",
                $"{path}: {file.Length:N0} bytes; at most {MaximumBytes:N0} are allowed", path);
        }

        try
        {
            ReadOnlyMemory<byte> json = File.ReadAllBytes(path);
            if (json.Span.StartsWith(Encoding.UTF8.Preamble))
                json = json[Encoding.UTF8.Preamble.Length..];
            if (!Utf8.IsValid(json.Span))
                throw new HafsException(ErrorKind.InvalidData, "TokenizerFileInvalid", $"{path}: not UTF-8", path);
            JsonDocument document = JsonDocument.Parse(json, Options);
            if (document.RootElement.ValueKind == JsonValueKind.Object)
                return document;
            document.Dispose();
            throw new HafsException(ErrorKind.InvalidData, "TokenizerFileInvalid", $"{path}: the root is no JSON object", path);
        }
        catch (JsonException error)
        {
            throw new HafsException(ErrorKind.InvalidData, "TokenizerFileInvalid",
                $"{path}: line {error.LineNumber + 1}: {error.Message}", path, inner: error);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new HafsException(ErrorKind.PermissionDenied, "TokenizerFileUnreadable", $"{path}: {error.Message}", path, inner: error);
        }
    }

    /// <summary>A member; null when it is missing or JSON null.</summary>
    public static JsonElement? Member(this JsonElement element, string name) =>
        element.ValueKind == JsonValueKind.Object && element.TryGetProperty(name, out JsonElement value) && value.ValueKind != JsonValueKind.Null ? value : null;

    /// <summary>A string member; null when it is missing or something else.</summary>
    public static string? Text(this JsonElement element, string name) =>
        element.Member(name) is { ValueKind: JsonValueKind.String } value ? value.GetString() : null;

    /// <summary>A boolean member; null when it is missing or something else.</summary>
    public static bool? Flag(this JsonElement element, string name) =>
        element.Member(name) is { ValueKind: JsonValueKind.True or JsonValueKind.False } value ? value.GetBoolean() : null;

    /// <summary>An integer member; null when it is missing or something else.</summary>
    public static int? Integer(this JsonElement element, string name) =>
        element.Member(name) is { ValueKind: JsonValueKind.Number } value && value.TryGetInt32(out int number) ? number : null;

    /// <summary>The items of an array member; none when it is missing or something else.</summary>
    public static IEnumerable<JsonElement> Items(this JsonElement element, string name) =>
        element.Member(name) is { ValueKind: JsonValueKind.Array } value ? value.EnumerateArray() : [];

    /// <summary>The kind of a component of tokenizer.json, or an empty string.</summary>
    public static string Kind(this JsonElement element) => element.Text("type") ?? "";
}
