using System.Globalization;
using System.Text;

namespace HafsModels.Exports.Ollama;

/// <summary>Reads the text of a Modelfile character by character.</summary>
internal sealed class ModelfileParser(string text, string path)
{
    /// <summary>Largest file that is read.</summary>
    public const long MaximumBytes = 16L << 20;

    private const string Quotes = "\"\"\"";
    private readonly List<ModelfileInstruction> instructions = [];
    private int at;
    private int line = 1;

    /// <summary>Reads all instructions.</summary>
    public Modelfile Parse()
    {
        if (text.StartsWith('\uFEFF'))
            at++;
        while (SkipToName())
            ReadInstruction();
        return instructions.Exists(i => i.Name == "FROM")
            ? new Modelfile(instructions)
            : throw Error("ModelfileWithoutFrom", "no FROM line says what the model is made from", "Begin with FROM and the GGUF file.");
    }

    /// <summary>Whether a spelling, at the end of an instruction, is read as a value.</summary>
    public static bool ReadsAs(string spelling, string value)
    {
        var parser = new ModelfileParser(spelling + "\n", "");
        return parser.TryReadValue(out string read) && parser.at >= spelling.Length && read == value;
    }

    /// <summary>A text as Ollama reads it from a Modelfile: without what prints nothing.</summary>
    public static string Printed(string value)
    {
        var parser = new ModelfileParser(value, "");
        return string.Concat(value.Where((c, i) => IsNewLine(c) || IsSpace(c) || parser.IsPrinted(i)));
    }

    private static bool IsNewLine(char c) => c is '\n' or '\r';

    private static bool IsSpace(char c) => c is ' ' or '\t';

    // Blank lines, indentation and comments lie between instructions.
    private bool SkipToName()
    {
        for (; at < text.Length; Advance())
        {
            if (text[at] == '#')
            {
                while (at + 1 < text.Length && !IsNewLine(text[at + 1]))
                    at++;
            }
            else if (!IsNewLine(text[at]) && !IsSpace(text[at]))
            {
                return true;
            }
        }

        return false;
    }

    private void ReadInstruction()
    {
        int started = line;
        string written = Word(char.IsAsciiLetter), name = written.ToUpperInvariant();
        if (!Modelfile.InstructionNames.Contains(name) || at >= text.Length || !IsSpace(text[at]))
        {
            string shown = written + (at < text.Length && !IsNewLine(text[at]) && !IsSpace(text[at]) ? text[at].ToString() : "");
            throw Modelfile.InstructionNames.Contains(name) && shown == written
                ? Error("ModelfileEnds", $"{name} ends before its value")
                : Error("ModelfileInstruction", $"'{shown}' is no instruction; there are {string.Join(", ", Modelfile.InstructionNames)}");
        }

        at++;
        string key = "";
        if (name is "PARAMETER" or "MESSAGE")
        {
            key = Word(c => char.IsAsciiLetterOrDigit(c) || c == '_');
            if (key.Length == 0 || at >= text.Length || !IsSpace(text[at]))
                throw Error("ModelfileKey", $"one space behind {name} stands {(name == "PARAMETER" ? "a parameter's name" : "a role")}, and a space and a value behind that");
            if (name == "MESSAGE" && !Modelfile.Roles.Contains(key))
                throw Error("ModelfileRole", $"'{key}' is no role; there are {string.Join(", ", Modelfile.Roles)}");
        }

        if (!TryReadValue(out string value))
            throw new HafsException(ErrorKind.InvalidData, "ModelfileEnds", $"{path}: line {started}: the quotes of {name} are not closed before the file ends", path);
        if (name == "FROM" && value.Length == 0)
            throw Error("ModelfileFromEmpty", "FROM says not what the model is made from");
        instructions.Add(new ModelfileInstruction(name, key, value));
    }

    // A value ends with its line; one that begins with quotes with the first line that ends with the same.
    private bool TryReadValue(out string value)
    {
        var read = new StringBuilder();
        for (; ; Advance())
        {
            if (at >= text.Length || IsNewLine(text[at]))
            {
                if (TryUnquote(read.ToString().Trim(), out value))
                    return true;
                if (at >= text.Length)
                    return false;
            }

            if (IsNewLine(text[at]) || IsSpace(text[at]) || IsPrinted(at))
                read.Append(text[at]);
        }
    }

    // What prints nothing is left out, as Ollama does: control and format characters, and all spaces but the plain one.
    private bool IsPrinted(int position)
    {
        int first = position > 0 && char.IsLowSurrogate(text[position]) && char.IsHighSurrogate(text[position - 1]) ? position - 1 : position;
        return CharUnicodeInfo.GetUnicodeCategory(text, first) is not (UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.Surrogate or UnicodeCategory.PrivateUse
            or UnicodeCategory.OtherNotAssigned or UnicodeCategory.SpaceSeparator or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator);
    }

    private static bool TryUnquote(string read, out string value)
    {
        foreach (string quotes in (ReadOnlySpan<string>)[Quotes, "\""])
        {
            if (!read.StartsWith(quotes, StringComparison.Ordinal))
                continue;
            bool isClosed = read.Length >= 2 * quotes.Length && read.EndsWith(quotes, StringComparison.Ordinal);
            value = isClosed ? read[quotes.Length..^quotes.Length] : "";
            return isClosed;
        }

        value = read;
        return true;
    }

    private string Word(Func<char, bool> belongs)
    {
        int start = at;
        while (at < text.Length && belongs(text[at]))
            at++;
        return text[start..at];
    }

    private void Advance()
    {
        if (text[at] == '\n')
            line++;
        at++;
    }

    private HafsException Error(string id, string message, string? hint = null) => new(ErrorKind.InvalidData, id, $"{path}: line {line}: {message}", path, hint);
}
