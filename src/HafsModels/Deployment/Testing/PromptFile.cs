using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using HafsModels.Formats;
using HafsModels.Tokenizers;

namespace HafsModels.Deployment.Testing;

/// <summary>
/// Reads prompts: a JSON array of objects (<c>.json</c>), an object a line (<c>.jsonl</c>), or a prompt a line (anything else). An object has <c>prompt</c> or
/// <c>messages</c>, and may have <c>name</c>, <c>system</c>, <c>raw</c>, <c>max_tokens</c>, <c>expected</c>, <c>pattern</c>, <c>schema</c>; other keys are refused.
/// </summary>
internal static class PromptFile
{
    private const int MaximumBytes = 16 << 20;
    private static readonly string[] Keys = ["prompt", "messages", "name", "system", "raw", "max_tokens", "expected", "pattern", "schema"];

    /// <summary>How long a pattern may take on an answer.</summary>
    public static readonly TimeSpan PatternTimeout = TimeSpan.FromSeconds(2);

    /// <summary>Reads a file.</summary>
    /// <exception cref="HafsException">It is not there, holds no prompts, or an entry breaks the rules; the message says which.</exception>
    public static IReadOnlyList<TestPrompt> Read(string path)
    {
        if (!File.Exists(path))
            throw new HafsException(ErrorKind.NotFound, "PromptFileNotFound", $"{path} is not there", path);
        string text = Encoding.UTF8.GetString(FileBytes.ReadText(path, MaximumBytes, "PromptFileTooLarge", "PromptFileInvalid").Span);
        string[] lines = [.. text.Split('\n').Select(line => line.TrimEnd('\r'))];
        List<TestPrompt> prompts = Path.GetExtension(path).ToLowerInvariant() switch
        {
            ".json" => [.. Parse(text, path, path) is JsonArray array ? array.Select((entry, i) => Prompt(entry, $"{path}: entry {i + 1}", path)) : throw Bad(path, path, "a JSON array of prompts is needed")],
            ".jsonl" => [.. lines.Select((line, i) => (Line: line, Where: $"{path}:{i + 1}")).Where(l => l.Line.Trim().Length > 0).Select(l => Prompt(Parse(l.Line, l.Where, path), l.Where, path))],
            _ => [.. lines.Where(line => line.Trim().Length > 0).Select(line => new TestPrompt { Text = line })],
        };
        return prompts.Count > 0 ? prompts : throw Bad(path, path, "it holds no prompts");
    }

    private static TestPrompt Prompt(JsonNode? node, string where, string path)
    {
        if (node is not JsonObject entry)
            throw Bad(where, path, "a prompt is an object");
        try
        {
            if (entry.Select(m => m.Key).FirstOrDefault(key => !Keys.Contains(key)) is { } unknown)
                throw Bad(where, path, $"\"{unknown}\" is not known; known are {string.Join(", ", Keys)}");
            string? text = Text(entry, "prompt", where, path), pattern = Text(entry, "pattern", where, path);
            ChatMessage[] messages = [.. (entry["messages"] as JsonArray ?? []).Select(m => new ChatMessage(
                m is JsonObject o ? Text(o, "role", where, path) ?? "user" : throw Bad(where, path, "a message is an object with role and content"), Text((JsonObject)m, "content", where, path) ?? ""))];
            if ((text is null) == (messages.Length == 0))
                throw Bad(where, path, "either \"prompt\" or \"messages\" is needed");
            if (pattern is not null)
                _ = new Regex(pattern, RegexOptions.None, PatternTimeout);
            if (entry["schema"] is { } schema)
                JsonSchema.Check(schema);
            return new TestPrompt
            {
                Text = text ?? "",
                Messages = messages,
                Name = Text(entry, "name", where, path),
                System = Text(entry, "system", where, path),
                Raw = entry["raw"]?.GetValue<bool>() ?? false,
                MaxTokens = entry["max_tokens"]?.GetValue<int>(),
                Expected = Text(entry, "expected", where, path),
                Pattern = pattern,
                Schema = entry["schema"]?.DeepClone(),
            };
        }
        catch (Exception exception) when (exception is ArgumentException or InvalidOperationException or FormatException)
        {
            throw Bad(where, path, exception.Message);
        }
    }

    private static string? Text(JsonObject entry, string key, string where, string path) => entry[key] switch
    {
        null => null,
        JsonValue value when value.GetValueKind() == JsonValueKind.String => value.GetValue<string>(),
        _ => throw Bad(where, path, $"\"{key}\" must be a text"),
    };

    private static JsonNode? Parse(string text, string where, string path)
    {
        try
        {
            return JsonNode.Parse(text, documentOptions: new JsonDocumentOptions { AllowDuplicateProperties = false });
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException)
        {
            throw Bad(where, path, $"no JSON: {exception.Message}");
        }
    }

    private static HafsException Bad(string where, string path, string what) => new(ErrorKind.InvalidData, "PromptFileInvalid", $"{where}: {what}", path);
}
