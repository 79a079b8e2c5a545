using System.Buffers;
using System.Collections.Immutable;
using System.Globalization;
using System.Text;

namespace HafsModels.Registry.Json;

/// <summary>
/// Parses JSON as Python's <c>json.load</c> does (RFC 8259 plus NaN and the infinities; duplicate keys allowed) and keeps every spelling.
/// Characters beyond ASCII are turned into \u escapes on the way in, since that is how the registry is written.
/// </summary>
internal ref struct JsonParser
{
    // Python gives up near 1,000 levels; a training configuration has five.
    private const int MaxDepth = 200;

    // What ends a run of plain characters in a string: the quote, the backslash, and the control characters that may not be there.
    private static readonly SearchValues<char> StringStops = SearchValues.Create([.. Enumerable.Range(0, 32).Select(i => (char)i), (char)34, (char)92]);

    private readonly ReadOnlySpan<char> text;
    private readonly Dictionary<string, (string Name, string Raw)>.AlternateLookup<ReadOnlySpan<char>> names;
    private int at;
    private int depth;

    private JsonParser(ReadOnlySpan<char> text)
    {
        this.text = text;
        names = new Dictionary<string, (string, string)>(StringComparer.Ordinal).GetAlternateLookup<ReadOnlySpan<char>>();
    }

    /// <exception cref="JsonTextException">The text breaks the rules of JSON.</exception>
    public static JsonItem Parse(ReadOnlySpan<char> text)
    {
        var parser = new JsonParser(text);
        parser.SkipWhitespace();
        JsonItem item = parser.Value();
        parser.SkipWhitespace();
        return parser.at == text.Length ? item : throw parser.Error("more text follows the end of the value");
    }

    private JsonItem Value()
    {
        if (at == text.Length)
            throw Error("the text ends where a value should be");
        return text[at] switch
        {
            '{' => Object(),
            '[' => List(),
            '"' => new JsonScalar(Ascii(StringToken())),
            '-' or (>= '0' and <= '9') => Number(),
            't' => Word("true", JsonScalar.True),
            'f' => Word("false", JsonScalar.False),
            'n' => Word("null", JsonScalar.Null),
            'N' => Word("NaN", new JsonScalar("NaN")),
            'I' => Word("Infinity", new JsonScalar("Infinity")),
            var c => throw Error($"found '{Show(c)}' where a value should be"),
        };
    }

    private JsonObject Object()
    {
        Enter();
        if (Take('}'))
            return JsonObject.Empty;
        var members = ImmutableArray.CreateBuilder<JsonMember>();
        do
        {
            SkipWhitespace();
            if (at == text.Length || text[at] != '"')
                throw Error("a key in double quotes is expected");
            (string name, string raw) = Name(StringToken());
            SkipWhitespace();
            if (at == text.Length || text[at] != ':')
                throw Error("':' is expected after a key");
            at++;
            SkipWhitespace();
            members.Add(new JsonMember(name, raw, Value()));
        }
        while (More('}'));
        return new JsonObject(members.DrainToImmutable());
    }

    private JsonList List()
    {
        Enter();
        if (Take(']'))
            return JsonList.Empty;
        var items = ImmutableArray.CreateBuilder<JsonItem>();
        do
        {
            SkipWhitespace();
            items.Add(Value());
        }
        while (More(']'));
        return new JsonList(items.DrainToImmutable());
    }

    private void Enter()
    {
        if (++depth > MaxDepth)
            throw Error($"nested deeper than {MaxDepth} levels");
        at++;
        SkipWhitespace();
    }

    private bool Take(char end)
    {
        if (at == text.Length || text[at] != end)
            return false;
        at++;
        depth--;
        return true;
    }

    private bool More(char end)
    {
        SkipWhitespace();
        if (Take(end))
            return false;
        if (at == text.Length)
            throw Error($"the text ends before '{end}'");
        if (text[at] != ',')
            throw Error($"found '{Show(text[at])}' where ',' or '{end}' should be");
        at++;
        return true;
    }

    private ReadOnlySpan<char> StringToken()
    {
        int start = at++;
        while (true)
        {
            int step = text[at..].IndexOfAny(StringStops);
            if (step < 0)
            {
                at = text.Length;
                throw Error("the text ends inside a string");
            }

            at += step;
            char c = text[at];
            if (c == '"')
                return text[start..++at];
            if (c != '\\')
                throw Error($"a string holds the control character {Show(c)}");
            Escape();
        }
    }

    private void Escape()
    {
        if (at + 1 == text.Length)
            throw Error("the text ends inside a string");
        char c = text[at + 1];
        if (c == 'u')
        {
            if (at + 6 > text.Length || !ushort.TryParse(text.Slice(at + 2, 4), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out _))
                throw Error("'\\u' needs four hexadecimal digits");
            at += 6;
        }
        else if ("\"\\/bfnrt".Contains(c))
            at += 2;
        else
            throw Error($"'\\{Show(c)}' is no escape");
    }

    private JsonScalar Number()
    {
        int start = at;
        if (text[at] == '-' && ++at < text.Length && text[at] == 'I')
        {
            Word("Infinity", JsonScalar.Null);
            return new JsonScalar("-Infinity");
        }

        if (at < text.Length && text[at] == '0')
            at++;
        else
            Digits();
        if (at < text.Length && text[at] == '.')
        {
            at++;
            Digits();
        }

        if (at < text.Length && text[at] is 'e' or 'E')
        {
            at++;
            if (at < text.Length && text[at] is '+' or '-')
                at++;
            Digits();
        }

        return new JsonScalar(text[start..at].ToString());
    }

    private void Digits()
    {
        int start = at;
        while (at < text.Length && char.IsAsciiDigit(text[at]))
            at++;
        if (at == start)
            throw Error("a digit is expected");
    }

    private JsonScalar Word(string word, JsonScalar item)
    {
        if (!text[at..].StartsWith(word))
            throw Error($"found '{Show(text[at])}' where a value should be");
        at += word.Length;
        return item;
    }

    private void SkipWhitespace()
    {
        while (at < text.Length && text[at] is ' ' or '\n' or '\r' or '\t')
            at++;
    }

    // The same 36 keys come back with every record: one string each is enough.
    private readonly (string Name, string Raw) Name(ReadOnlySpan<char> token)
    {
        if (names.TryGetValue(token, out (string Name, string Raw) known))
            return known;
        string raw = Ascii(token);
        return names[token] = (JsonText.Unquote(raw), raw);
    }

    private static string Ascii(ReadOnlySpan<char> token)
    {
        if (System.Text.Ascii.IsValid(token))
            return token.ToString();
        var escaped = new StringBuilder(token.Length + 16);
        foreach (char c in token)
        {
            if (c < 0x80)
                escaped.Append(c);
            else
                JsonText.AppendEscape(escaped, c);
        }

        return escaped.ToString();
    }

    private static string Show(char c) => c is > ' ' and < '\x7f' ? c.ToString() : $"U+{(int)c:X4}";

    private readonly JsonTextException Error(string message)
    {
        ReadOnlySpan<char> before = text[..Math.Min(at, text.Length)];
        int line = before.Count('\n') + 1;
        return new JsonTextException(line, before.Length - before.LastIndexOf('\n'), message);
    }
}
