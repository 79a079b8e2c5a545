using System.Text;

namespace HafsModels.Exports.Ollama;

/// <summary>
/// A Modelfile: what Ollama makes a model from. Instructions keep their order; comments are not kept. The grammar is that of Ollama's own
/// parser: names in any case, values bare, in <c>"…"</c> or in <c>"""…"""</c> (both over several lines, without escapes), comments where a line begins with <c>#</c>. Characters that print nothing are left out of values.
/// </summary>
/// <param name="Instructions">The instructions, in order.</param>
public sealed record Modelfile(IReadOnlyList<ModelfileInstruction> Instructions)
{
    /// <summary>What the file is called.</summary>
    public const string FileName = "Modelfile";

    /// <summary>The instructions there are.</summary>
    public static IReadOnlyList<string> InstructionNames { get; } =
        ["FROM", "PARAMETER", "TEMPLATE", "SYSTEM", "ADAPTER", "DRAFT", "LICENSE", "MESSAGE", "RENDERER", "PARSER", "REQUIRES"];

    /// <summary>Who may speak in a MESSAGE.</summary>
    public static IReadOnlyList<string> Roles { get; } = ["system", "user", "assistant"];

    /// <summary>What the model is made from: GGUF files, a folder or the name of a model.</summary>
    public IReadOnlyList<string> From => [.. ValuesOf("FROM")];

    /// <summary>Adapters on top of it.</summary>
    public IReadOnlyList<string> Adapters => [.. ValuesOf("ADAPTER")];

    /// <summary>The prompt as a Go template; the last instruction counts. Null where none is given.</summary>
    public string? Template => ValuesOf("TEMPLATE").LastOrDefault();

    /// <summary>The system message where a conversation has none; the last instruction counts. Null where none is given.</summary>
    public string? System => ValuesOf("SYSTEM").LastOrDefault();

    /// <summary>Licences.</summary>
    public IReadOnlyList<string> Licenses => [.. ValuesOf("LICENSE")];

    /// <summary>Parameters as they are written; <c>stop</c> may stand there several times.</summary>
    public IReadOnlyList<KeyValuePair<string, string>> Parameters => [.. Instructions.Where(i => i.Name == "PARAMETER").Select(i => KeyValuePair.Create(i.Key, i.Value))];

    /// <summary>Texts at which an answer ends.</summary>
    public IReadOnlyList<string> Stops => [.. Parameters.Where(p => p.Key == "stop").Select(p => p.Value)];

    /// <summary>The conversation that every conversation begins with.</summary>
    public IReadOnlyList<Tokenizers.ChatMessage> Messages => [.. Instructions.Where(i => i.Name == "MESSAGE").Select(i => new Tokenizers.ChatMessage(i.Key, i.Value))];

    /// <summary>Reads a Modelfile.</summary>
    /// <param name="text">Its text.</param>
    /// <param name="path">Where it comes from, for messages.</param>
    /// <exception cref="HafsException">It breaks the rules of the grammar or says not what the model is made from.</exception>
    public static Modelfile Parse(string text, string path = FileName)
    {
        ArgumentNullException.ThrowIfNull(text);
        return new ModelfileParser(text, path).Parse();
    }

    /// <summary>Reads a Modelfile from disk; UTF-8, or UTF-16 with a byte order mark.</summary>
    /// <exception cref="HafsException">It cannot be read, is too large, or breaks the rules of the grammar.</exception>
    public static Modelfile Read(string path)
    {
        var file = new FileInfo(path);
        if (!file.Exists)
            throw new HafsException(ErrorKind.NotFound, "ModelfileNotFound", $"{path}: there is no such file", path);
        if (file.Length > ModelfileParser.MaximumBytes)
            throw new HafsException(ErrorKind.InvalidData, "ModelfileTooLarge", $"{path}: {file.Length:N0} bytes; at most {ModelfileParser.MaximumBytes:N0} are allowed", path);
        using var reader = new StreamReader(path, new UTF8Encoding(false, true), detectEncodingFromByteOrderMarks: true);
        try
        {
            return Parse(reader.ReadToEnd(), path);
        }
        catch (DecoderFallbackException exception)
        {
            throw new HafsException(ErrorKind.InvalidData, "ModelfileEncoding", $"{path}: is not UTF-8 at byte {exception.Index}", path, "Store the file as UTF-8.", exception);
        }
    }

    /// <summary>The Modelfile as text, with <c>\n</c> at line ends; reading it gives these instructions again.</summary>
    /// <exception cref="HafsException">A value cannot be written: the grammar has no escapes.</exception>
    public string ToText()
    {
        var text = new StringBuilder();
        foreach (ModelfileInstruction instruction in Instructions)
        {
            text.Append(instruction.Name).Append(' ');
            if (instruction.Key.Length > 0)
                text.Append(instruction.Key).Append(' ');
            text.Append(Quote(instruction)).Append('\n');
        }

        return text.ToString();
    }

    /// <summary>Writes the text as UTF-8 without a byte order mark.</summary>
    public void Write(string path) => File.WriteAllBytes(path, Encoding.UTF8.GetBytes(ToText()));

    private IEnumerable<string> ValuesOf(string name) => Instructions.Where(i => i.Name == name).Select(i => i.Value);

    // The plainest spelling that reads back as the same value.
    private static string Quote(ModelfileInstruction instruction)
    {
        string value = instruction.Value;
        string[] spellings = instruction.Name is "TEMPLATE" or "SYSTEM" or "LICENSE" ? [$"\"\"\"{value}\"\"\"", $"\"{value}\"", value] : [value, $"\"{value}\"", $"\"\"\"{value}\"\"\""];
        return spellings.FirstOrDefault(spelling => ModelfileParser.ReadsAs(spelling, value))
            ?? throw new HafsException(
                ErrorKind.Unsupported,
                "ModelfileValue",
                $"{instruction.Name} {instruction.Key}: the value has quotes at the end of a line or characters that print nothing, for which a Modelfile has no spelling",
                instruction.Name,
                "Put other text after the quotes; leave out zero-width characters and spaces other than the plain one.");
    }
}
