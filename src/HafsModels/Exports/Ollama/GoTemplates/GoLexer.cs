using System.Globalization;
using System.Text;

namespace HafsModels.Exports.Ollama.GoTemplates;

/// <summary>Cuts a template into text and the words of its actions, and takes away white space where <c>{{-</c> and <c>-}}</c> say so.</summary>
internal sealed class GoLexer(string template)
{
    private const string Open = "{{", Close = "}}";
    private static readonly string[] Signs = [":=", "=", "|", "(", ")", ","];
    private static readonly Dictionary<char, char> Escapes = new() { ['n'] = '\n', ['t'] = '\t', ['r'] = '\r', ['\\'] = '\\', ['"'] = '"', ['\''] = '\'', ['a'] = '\a', ['b'] = '\b', ['f'] = '\f', ['v'] = '\v' };

    private readonly List<GoToken> tokens = [];
    private int at;

    /// <summary>The words, in order.</summary>
    public IReadOnlyList<GoToken> Read()
    {
        bool trimsNext = false;
        while (at < template.Length)
        {
            int open = template.IndexOf(Open, at, StringComparison.Ordinal);
            string text = open < 0 ? template[at..] : template[at..open];
            int line = Line(at);
            bool trims = open >= 0 && open + 3 < template.Length && template[open + 2] == '-' && IsSpace(template[open + 3]);
            if (trimsNext)
                text = text.TrimStart(' ', '\t', '\r', '\n');
            if (trims)
                text = text.TrimEnd(' ', '\t', '\r', '\n');
            if (text.Length > 0)
                tokens.Add(new GoToken(GoTokenKind.Template, text, line, false));
            if (open < 0)
                break;
            at = open + (trims ? 3 : 2);
            trimsNext = ReadAction(line: Line(open));
        }

        return tokens;
    }

    private static bool IsSpace(char c) => c is ' ' or '\t' or '\r' or '\n';

    private static bool IsName(char c) => c == '_' || char.IsLetterOrDigit(c);

    /// <summary>Reads to the end of an action; tells whether white space behind it is taken away.</summary>
    private bool ReadAction(int line)
    {
        int start = at;
        while (start < template.Length && IsSpace(template[start]))
            start++;
        if (string.CompareOrdinal(template, start, "/*", 0, 2) == 0)
            return SkipComment(start, line);
        while (true)
        {
            bool space = at < template.Length && IsSpace(template[at]);
            while (at < template.Length && IsSpace(template[at]))
                at++;
            if (at >= template.Length)
                throw GoTemplateErrors.Invalid(line, "an action is not closed");
            bool trims = space && string.CompareOrdinal(template, at, "-}}", 0, 3) == 0;
            if (trims || string.CompareOrdinal(template, at, Close, 0, 2) == 0)
            {
                at += trims ? 3 : 2;
                tokens.Add(new GoToken(GoTokenKind.Close, Close, line, space));
                return trims;
            }

            ReadWord(space);
        }
    }

    private bool SkipComment(int start, int line)
    {
        int end = template.IndexOf("*/", start + 2, StringComparison.Ordinal);
        if (end < 0)
            throw GoTemplateErrors.Invalid(line, "a comment is not closed");
        at = end + 2;
        bool trims = at < template.Length && IsSpace(template[at]) && template.AsSpan(at).TrimStart(" \t\r\n").StartsWith("-}}", StringComparison.Ordinal);
        if (trims)
        {
            while (IsSpace(template[at]))
                at++;
            at += 3;
            return true;
        }

        if (string.CompareOrdinal(template, at, Close, 0, 2) != 0)
            throw GoTemplateErrors.Invalid(line, "a comment ends before its action does");
        at += 2;
        return false;
    }

    private void ReadWord(bool space)
    {
        int start = at, line = Line(at);
        char c = template[at];
        if (Signs.FirstOrDefault(s => string.CompareOrdinal(template, start, s, 0, s.Length) == 0) is { } sign)
        {
            at += sign.Length;
            Add(GoTokenKind.Sign, sign);
        }
        else if (c is '"' or '`' or '\'')
        {
            string value = c == '`' ? RawText(line) : QuotedText(line, c);
            if (c == '\'')
                Add(GoTokenKind.Number, char.ConvertToUtf32(value, 0).ToString(CultureInfo.InvariantCulture));
            else
                Add(GoTokenKind.Text, value);
        }
        else if (char.IsAsciiDigit(c) || ((c is '-' or '+') && at + 1 < template.Length && char.IsAsciiDigit(template[at + 1])) || (c == '.' && at + 1 < template.Length && char.IsAsciiDigit(template[at + 1])))
        {
            at++;
            while (at < template.Length && (char.IsAsciiLetterOrDigit(template[at]) || template[at] is '.' or '_' || (template[at] is '-' or '+' && template[at - 1] is 'e' or 'E')))
                at++;
            Add(GoTokenKind.Number, template[start..at]);
        }
        else if (c is '.' or '$' || IsName(c))
        {
            at++;
            while (at < template.Length && IsName(template[at]))
                at++;
            Add(c == '.' ? GoTokenKind.Field : c == '$' ? GoTokenKind.Variable : GoTokenKind.Word, template[start..at]);
        }
        else
        {
            throw GoTemplateErrors.Invalid(line, $"'{c}' is not understood in an action");
        }

        void Add(GoTokenKind kind, string text) => tokens.Add(new GoToken(kind, text, line, space));
    }

    private string RawText(int line)
    {
        int end = template.IndexOf('`', at + 1);
        if (end < 0)
            throw GoTemplateErrors.Invalid(line, "a text is not closed");
        string value = template[(at + 1)..end];
        at = end + 1;
        return value.Replace("\r", "", StringComparison.Ordinal);
    }

    private string QuotedText(int line, char quote)
    {
        var value = new StringBuilder();
        for (at++; ; at++)
        {
            if (at >= template.Length || template[at] == '\n')
                throw GoTemplateErrors.Invalid(line, "a text is not closed");
            if (template[at] == quote)
                break;
            if (template[at] != '\\')
            {
                value.Append(template[at]);
                continue;
            }

            at++;
            char escape = at < template.Length ? template[at] : '\0';
            int digits = escape switch { 'x' => 2, 'u' => 4, 'U' => 8, _ => 0 };
            if (digits > 0 && at + digits < template.Length && int.TryParse(template.AsSpan(at + 1, digits), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out int code) && Rune.IsValid(code) && (digits > 2 || code < 128))
            {
                value.Append(new Rune(code).ToString());
                at += digits;
            }
            else if (Escapes.TryGetValue(escape, out char plain))
            {
                value.Append(plain);
            }
            else
            {
                throw GoTemplateErrors.Invalid(line, $"'\\{escape}' is not understood in a text");
            }
        }

        at++;
        return value.ToString();
    }

    private int Line(int position) => 1 + template.AsSpan(0, position).Count('\n');
}
