using System.Text;
using System.Text.Json;
using HafsModels.Formats;

namespace HafsModels.Tokenizers;

/// <summary>Finds the chat templates of a model folder: in tokenizer_config.json, else chat_template.jinja (with additional_chat_templates), else chat_template.json.</summary>
internal static class ChatTemplateFiles
{
    private const int MaximumBytes = 4 << 20;

    public static (string? Default, IReadOnlyList<KeyValuePair<string, string>> Named) Read(string folder, JsonElement? configuration)
    {
        if (configuration?.Member("chat_template") is { } inline)
            return Split(inline);
        string jinja = Path.Combine(folder, "chat_template.jinja");
        if (File.Exists(jinja))
        {
            string additional = Path.Combine(folder, "additional_chat_templates");
            string[] files = Directory.Exists(additional) ? Directory.GetFiles(additional, "*.jinja") : [];
            Array.Sort(files, StringComparer.Ordinal);
            return (ReadText(jinja), [.. files.Select(file => new KeyValuePair<string, string>(Sanitize(Path.GetFileNameWithoutExtension(file)), ReadText(file)))]);
        }

        using JsonDocument? json = TokenizerFiles.TryRead(Path.Combine(folder, "chat_template.json"));
        return json?.RootElement.Member("chat_template") is { } template ? Split(template) : (null, []);
    }

    /// <summary>A template is one text, or a list of named ones of which <c>default</c> is the main one.</summary>
    private static (string? Default, IReadOnlyList<KeyValuePair<string, string>> Named) Split(JsonElement template)
    {
        if (template.ValueKind == JsonValueKind.String)
            return (template.GetString(), []);
        if (template.ValueKind != JsonValueKind.Array)
            return (null, []);
        string? main = null;
        var named = new List<KeyValuePair<string, string>>();
        foreach (JsonElement choice in template.EnumerateArray())
        {
            if (choice.Text("template") is not { } text || Sanitize(choice.Text("name") ?? "") is not { Length: > 0 } name)
                continue;
            if (name == "default")
                main = text;
            else
                named.Add(new(name, text));
        }

        return (main, named);
    }

    private static string Sanitize(string name) => string.Concat(name.Select(c => char.IsAsciiLetterOrDigit(c) ? c : '_'));

    private static string ReadText(string path) => Encoding.UTF8.GetString(FileBytes.ReadText(path, MaximumBytes, "ChatTemplateTooLarge", "TokenizerFileInvalid").Span);
}
