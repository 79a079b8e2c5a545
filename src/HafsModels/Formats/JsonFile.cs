using System.Text.Json;

namespace HafsModels.Formats;

/// <summary>JSON files of users, read whole: under a cap, in UTF-8, an object at the root. What is read of the document afterwards is text and numbers, whatever the file says.</summary>
internal static class JsonFile
{
    /// <summary>No member stands twice.</summary>
    private static readonly JsonDocumentOptions Strict = new() { AllowDuplicateProperties = false };

    /// <summary>Reads a file.</summary>
    /// <param name="path">The file.</param>
    /// <param name="maximumBytes">Most bytes.</param>
    /// <param name="tooLargeId">Id of the error when it has more.</param>
    /// <param name="invalidId">Id of the error when it is no JSON in UTF-8.</param>
    /// <param name="rootId">Id of the error when its root is no object; null for the same.</param>
    /// <param name="options">How JSON is read; null for the rules of RFC 8259, and no member twice.</param>
    /// <exception cref="HafsException">It is not there, may not be read, is too large, or no JSON object.</exception>
    public static JsonDocument Read(string path, int maximumBytes, string tooLargeId, string invalidId, string? rootId = null, JsonDocumentOptions? options = null)
    {
        ReadOnlyMemory<byte> json = FileBytes.ReadText(path, maximumBytes, tooLargeId, invalidId);
        JsonDocument? document = null;
        try
        {
            document = JsonDocument.Parse(json, options ?? Strict);
            RequireWholeCharacters(json.Span, options ?? Strict);
            return document.RootElement.ValueKind == JsonValueKind.Object ? document
                : throw new HafsException(ErrorKind.InvalidData, rootId ?? invalidId, $"{path}: must be a JSON object, but is {document.RootElement.ValueKind}", path);
        }
        catch (HafsException)
        {
            document?.Dispose();
            throw;
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException)
        {
            document?.Dispose();
            throw new HafsException(ErrorKind.InvalidData, invalidId, $"{path}: not valid JSON: {exception.Message}", path, inner: exception);
        }
    }

    // The parser lets escaped halves of surrogate pairs pass, and fails when somebody asks for the text.
    private static void RequireWholeCharacters(ReadOnlySpan<byte> json, JsonDocumentOptions options)
    {
        if (json.IndexOf("\\ud"u8) < 0 && json.IndexOf("\\uD"u8) < 0)
            return;
        var reader = new Utf8JsonReader(json, new JsonReaderOptions { AllowTrailingCommas = options.AllowTrailingCommas, CommentHandling = options.CommentHandling, MaxDepth = options.MaxDepth });
        while (reader.Read())
        {
            if (reader.TokenType is JsonTokenType.String or JsonTokenType.PropertyName && reader.ValueIsEscaped)
                _ = reader.GetString();
        }
    }
}
