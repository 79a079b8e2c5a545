using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace HafsModels.Tokenizers.Templates;

/// <summary>
/// Cuts a Jinja template into pieces. White space around statements follows <c>trim_blocks</c> and <c>lstrip_blocks</c>, which Hugging Face
/// switches on for chat templates.
/// </summary>
internal sealed partial class TemplateLexer
{
    private static readonly string[] Signs =
        ["==", "!=", "<=", ">=", "**", "//", "(", ")", "[", "]", "{", "}", ",", ":", ".", "|", "+", "-", "*", "/", "%", "~", "<", ">", "="];

    private readonly string source;
    private readonly List<TemplateToken> tokens = [];
    private readonly List<int> lineStarts = [0];
    private int at;

    private TemplateLexer(string source)
    {
        this.source = source;
        for (int i = source.IndexOf('\n', StringComparison.Ordinal); i >= 0; i = source.IndexOf('\n', i + 1))
            lineStarts.Add(i + 1);
    }

    /// <exception cref="HafsException">A part has no end or a character has no meaning.</exception>
    public static IReadOnlyList<TemplateToken> Read(string template)
    {
        // Jinja counts every kind of line end as one, and drops the last.
        string source = template.Replace("\r\n", "\n", StringComparison.Ordinal).Replace('\r', '\n');
        var lexer = new TemplateLexer(source.EndsWith('\n') ? source[..^1] : source);
        lexer.ReadAll();
        return lexer.tokens;
    }

    private void ReadAll()
    {
        bool trimNewline = false;
        bool trimSpace = false;
        while (at < source.Length)
        {
            int open = NextOpen();
            string text = source[at..open];
            char kind = open < source.Length ? source[open + 1] : ' ';
            bool stripsBefore = open + 2 < source.Length && source[open + 2] == '-';
            bool keepsBefore = open + 2 < source.Length && source[open + 2] == '+';
            AddText(text, trimNewline, trimSpace, stripsBefore, stripsLine: kind is '%' or '#' && !keepsBefore);
            at = open;
            if (open == source.Length)
                break;
            at += stripsBefore || keepsBefore ? 3 : 2;
            (trimNewline, trimSpace) = kind == '#' ? SkipComment()
                : kind == '%' && TryReadRaw() is { } raw ? raw
                : ReadCode(kind == '%', open);
        }

        tokens.Add(new TemplateToken(TemplateTokenKind.End, "", PlaceOf(at)));
    }

    private int NextOpen()
    {
        for (int i = at; i + 1 < source.Length; i++)
        {
            if (source[i] == '{' && source[i + 1] is ('{' or '%' or '#'))
                return i;
        }

        return source.Length;
    }

    private void AddText(string text, bool trimNewline, bool trimSpace, bool stripsBefore, bool stripsLine)
    {
        string kept = text;
        if (trimSpace)
            kept = kept.TrimStart();
        else if (trimNewline && kept.StartsWith('\n'))
            kept = kept[1..];
        if (stripsBefore)
        {
            kept = kept.TrimEnd();
        }
        else if (stripsLine)
        {
            // Spaces between the start of the line and the statement go.
            int lineStart = kept.LastIndexOf('\n') + 1;
            bool startsLine = lineStart > 0 || at == 0 || (trimNewline && text.StartsWith('\n')) || (trimNewline && source[at - 1] == '\n');
            if (startsLine && kept.AsSpan(lineStart).IndexOfAnyExcept(' ', '\t') < 0)
                kept = kept[..lineStart];
        }

        if (kept.Length > 0)
            tokens.Add(new TemplateToken(TemplateTokenKind.Text, kept, PlaceOf(at)));
    }

    private (bool TrimNewline, bool TrimSpace) SkipComment()
    {
        int end = source.IndexOf("#}", at, StringComparison.Ordinal);
        if (end < 0)
            throw Error(at, "a comment has no end");
        bool strips = end > at && source[end - 1] == '-';
        bool keeps = end > at && source[end - 1] == '+';
        at = end + 2;
        return (!keeps, strips);
    }

    /// <summary>Reads <c>raw</c> to <c>endraw</c>, whose body is text whatever it holds; null where another statement stands.</summary>
    private (bool TrimNewline, bool TrimSpace)? TryReadRaw()
    {
        Match open = RawOpening().Match(source, at);
        if (!open.Success)
            return null;
        Match close = RawEnding().Match(source, at + open.Length);
        if (!close.Success)
            throw Error(at, "'endraw' is missing");
        int start = at + open.Length;
        at = start;
        AddText(source[start..close.Index], trimNewline: false, open.Groups["strip"].Success,
            close.Value[2] == '-', stripsLine: close.Value[2] != '+');
        at = close.Index + close.Length;
        return (!close.Value.EndsWith("+%}", StringComparison.Ordinal), close.Groups["strip"].Success);
    }

    [GeneratedRegex(@"\G\s*raw\s*(?<strip>-)?%\}")]
    private static partial Regex RawOpening();

    [GeneratedRegex(@"\{%[-+]?\s*endraw\s*((?<strip>-)|\+)?%\}")]
    private static partial Regex RawEnding();

    private (bool TrimNewline, bool TrimSpace) ReadCode(bool statement, int opened)
    {
        tokens.Add(new TemplateToken(statement ? TemplateTokenKind.OpenStatement : TemplateTokenKind.OpenOutput, "", PlaceOf(opened)));
        string close = statement ? "%}" : "}}";
        int depth = 0;
        while (true)
        {
            SkipSpace();
            if (at >= source.Length)
                throw Error(opened, $"'{close}' is missing");
            bool strips = source[at] == '-' && Follows(1, close);
            bool keeps = source[at] == '+' && Follows(1, close);
            if (depth == 0 && (strips || keeps || Follows(0, close)))
            {
                tokens.Add(new TemplateToken(statement ? TemplateTokenKind.CloseStatement : TemplateTokenKind.CloseOutput, close, PlaceOf(at)));
                at += strips || keeps ? 3 : 2;
                return (statement && !keeps, strips);
            }

            depth += ReadOne();
        }
    }

    /// <summary>Reads one token and tells how it changes the depth of braces.</summary>
    private int ReadOne()
    {
        char c = source[at];
        if (char.IsAsciiLetter(c) || c == '_')
        {
            int start = at;
            while (at < source.Length && (char.IsAsciiLetterOrDigit(source[at]) || source[at] == '_'))
                at++;
            tokens.Add(new TemplateToken(TemplateTokenKind.Name, source[start..at], PlaceOf(start)));
        }
        else if (char.IsAsciiDigit(c))
        {
            ReadNumber();
        }
        else if (c is '\'' or '"')
        {
            ReadString(c);
        }
        else
        {
            string sign = Signs.FirstOrDefault(sign => Follows(0, sign)) ?? throw Error(at, $"the character '{c}' has no meaning");
            tokens.Add(new TemplateToken(TemplateTokenKind.Sign, sign, PlaceOf(at)));
            at += sign.Length;
            return sign == "{" ? 1 : sign == "}" ? -1 : 0;
        }

        return 0;
    }

    private void ReadNumber()
    {
        int start = at;
        while (at < source.Length && (char.IsAsciiDigit(source[at]) || source[at] == '_'))
            at++;
        bool isIndex = start > 0 && source[start - 1] == '.';
        if (!isIndex && at + 1 < source.Length && source[at] == '.' && char.IsAsciiDigit(source[at + 1]))
        {
            at++;
            while (at < source.Length && char.IsAsciiDigit(source[at]))
                at++;
        }

        at += isIndex ? 0 : Exponent().Match(source, at).Length;
        tokens.Add(new TemplateToken(TemplateTokenKind.Number, source[start..at].Replace("_", "", StringComparison.Ordinal), PlaceOf(start)));
    }

    [GeneratedRegex(@"\G[eE][+-]?[0-9]+")]
    private static partial Regex Exponent();

    private void ReadString(char quote)
    {
        var text = new StringBuilder();
        int started = at;
        for (at++; at < source.Length && source[at] != quote; at++)
        {
            char c = source[at];
            if (c != '\\' || at + 1 >= source.Length)
            {
                text.Append(c);
                continue;
            }

            char escaped = source[++at];
            text.Append(escaped switch
            {
                'n' => "\n",
                't' => "\t",
                'r' => "\r",
                'b' => "\b",
                'f' => "\f",
                'v' => "\v",
                'a' => "\a",
                '\n' => "",
                '\\' or '\'' or '"' => escaped.ToString(),
                'x' => TakeCode(2),
                'u' => TakeCode(4),
                'U' => TakeCode(8),
                'N' => throw Error(at - 1, "characters by name are not known"),
                >= '0' and <= '7' => TakeOctal(),
                _ => "\\" + escaped,
            });
        }

        if (at >= source.Length)
            throw Error(started, "a string has no end");
        at++;
        tokens.Add(new TemplateToken(TemplateTokenKind.String, text.ToString(), PlaceOf(started)));
    }

    /// <summary>Reads the hexadecimal digits of an escape; <c>at</c> stands before them.</summary>
    private string TakeCode(int digits)
    {
        if (at + digits >= source.Length || !uint.TryParse(source.AsSpan(at + 1, digits), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out uint code) || code > 0x10ffff)
            throw Error(at - 1, $"an escape needs {digits} hexadecimal digits of a character");
        at += digits;
        return code <= char.MaxValue ? ((char)code).ToString() : char.ConvertFromUtf32((int)code);
    }

    /// <summary>Reads up to three octal digits; <c>at</c> stands on the first.</summary>
    private string TakeOctal()
    {
        int code = source[at] - '0';
        for (int i = 1; i < 3 && at + 1 < source.Length && source[at + 1] is >= '0' and <= '7'; i++)
            code = (code * 8) + source[++at] - '0';
        return ((char)code).ToString();
    }

    private void SkipSpace()
    {
        while (at < source.Length && char.IsWhiteSpace(source[at]))
            at++;
    }

    private bool Follows(int offset, string what) => string.CompareOrdinal(source, at + offset, what, 0, what.Length) == 0;

    private TemplatePlace PlaceOf(int offset)
    {
        int line = lineStarts.BinarySearch(offset);
        line = line < 0 ? ~line - 1 : line;
        return new TemplatePlace(line + 1, offset - lineStarts[line] + 1);
    }

    private HafsException Error(int offset, string what) => TemplateErrors.Syntax(PlaceOf(offset), what);
}
