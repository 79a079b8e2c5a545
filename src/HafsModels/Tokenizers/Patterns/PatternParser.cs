using System.Globalization;
using System.Text;

namespace HafsModels.Tokenizers.Patterns;

/// <summary>
/// Reads the regular expressions of tokenizer.json, in the meaning Oniguruma gives them there (Ruby syntax over code points):
/// <c>\s</c> is White_Space, <c>$</c> is a line's end, sets nest.
/// </summary>
internal sealed class PatternParser
{
    private const int MaximumDepth = 50;
    private const int MaximumRepeat = 100_000;
    private const int MaximumQuantifiers = 4;

    private readonly string text;
    private int at;
    private int depth;

    private PatternParser(string text) => this.text = text;

    /// <exception cref="HafsException">The pattern uses something that is not known here.</exception>
    public static PatternNode Parse(string pattern)
    {
        var parser = new PatternParser(pattern);
        PatternNode node = parser.ReadChoice(ignoreCase: false);
        if (parser.at < pattern.Length)
            throw parser.Unsupported("a parenthesis too many");
        return node;
    }

    private PatternNode ReadChoice(bool ignoreCase)
    {
        if (++depth > MaximumDepth)
            throw Unsupported($"groups nest deeper than {MaximumDepth}");
        var options = new List<PatternNode> { ReadChain(ignoreCase) };
        while (Take('|'))
            options.Add(ReadChain(ignoreCase));
        depth--;
        return options.Count == 1 ? options[0] : new PatternNode.Choice(options);
    }

    private PatternNode.Chain ReadChain(bool ignoreCase)
    {
        var parts = new List<PatternNode>();
        while (at < text.Length && text[at] is not ('|' or ')'))
        {
            PatternNode part = ReadAtom(ignoreCase);
            for (int quantifiers = 0; ReadQuantifier() is { } quantifier; quantifiers++)
                part = quantifiers < MaximumQuantifiers ? Repeat(part, quantifier) : throw Unsupported($"more than {MaximumQuantifiers} quantifiers on one part");
            parts.Add(part);
        }

        return new PatternNode.Chain(parts);
    }

    private PatternNode.Repeat Repeat(PatternNode part, (int Minimum, int Maximum, PatternOp Manner) quantifier)
    {
        if (part.CanBeEmpty)
            throw Unsupported("a repeated part that can be empty");
        return new PatternNode.Repeat(part, quantifier.Minimum, quantifier.Maximum, quantifier.Manner);
    }

    private PatternNode ReadAtom(bool ignoreCase)
    {
        char c = text[at];
        switch (c)
        {
            case '(':
                return ReadGroup(ignoreCase);
            case '[':
                CharSet set = ReadSet();
                return new PatternNode.One(ignoreCase ? set.IgnoringCase() : set);
            case '.':
                at++;
                return new PatternNode.One(CharSet.Dot);
            case '^':
                at++;
                return new PatternNode.Place(PatternOp.LineStart);
            case '$':
                at++;
                return new PatternNode.Place(PatternOp.LineEnd);
            case '\\' when at + 1 < text.Length && Places.TryGetValue(text[at + 1], out PatternOp place):
                at += 2;
                return new PatternNode.Place(place);
            case '\\':
                CharSet escaped = ReadEscape();
                return new PatternNode.One(ignoreCase ? escaped.IgnoringCase() : escaped);
            case '*' or '+' or '?':
                throw Unsupported("a quantifier without a part before it");
            default:
                CharSet one = CharSet.Of(ReadCodePoint());
                return new PatternNode.One(ignoreCase ? one.IgnoringCase() : one);
        }
    }

    private static readonly Dictionary<char, PatternOp> Places = new()
    {
        ['b'] = PatternOp.WordEdge,
        ['B'] = PatternOp.NotWordEdge,
        ['A'] = PatternOp.TextStart,
        ['z'] = PatternOp.TextEnd,
    };

    private PatternNode ReadGroup(bool ignoreCase)
    {
        at++;
        PatternOp? guard = null;
        if (Take('?'))
        {
            if (TakeAll("<="))
                guard = PatternOp.Behind;
            else if (TakeAll("<!"))
                guard = PatternOp.NotBehind;
            else if (TakeAll("i:"))
                ignoreCase = true;
            else if (TakeAll("-i:"))
                ignoreCase = false;
            else if (Take('='))
                guard = PatternOp.Ahead;
            else if (Take('!'))
                guard = PatternOp.NotAhead;
            else if (Take('>'))
                guard = PatternOp.Atomic;
            else if (!Take(':'))
                throw Unsupported($"the group '(?{(at < text.Length ? text[at] : ' ')}'");
        }

        PatternNode body = ReadChoice(ignoreCase);
        if (!Take(')'))
            throw Unsupported("a group without an end");
        return guard switch
        {
            null => body,
            PatternOp.Behind or PatternOp.NotBehind when body is not PatternNode.Chain { Parts: [PatternNode.One] } => throw Unsupported("a look behind at more than one character"),
            { } op => new PatternNode.Guard(op, body),
        };
    }

    private (int Minimum, int Maximum, PatternOp Manner)? ReadQuantifier()
    {
        if (at >= text.Length)
            return null;
        (int minimum, int maximum) = (0, int.MaxValue);
        switch (text[at])
        {
            case '*':
                break;
            case '+':
                minimum = 1;
                break;
            case '?':
                maximum = 1;
                break;
            case '{':
                int end = text.IndexOf('}', at);
                if (end < 0 || !TryReadBounds(text.AsSpan(at + 1, end - at - 1), out minimum, out maximum))
                    throw Unsupported("a brace that is no quantifier");
                at = end + 1;
                return (minimum, maximum, Take('?') ? PatternOp.RunLazy : PatternOp.Run);
            default:
                return null;
        }

        at++;
        return (minimum, maximum, Take('?') ? PatternOp.RunLazy : Take('+') ? PatternOp.RunPossessive : PatternOp.Run);
    }

    private static bool TryReadBounds(ReadOnlySpan<char> bounds, out int minimum, out int maximum)
    {
        int comma = bounds.IndexOf(',');
        maximum = int.MaxValue;
        if (comma < 0)
        {
            bool one = int.TryParse(bounds, NumberStyles.None, CultureInfo.InvariantCulture, out minimum);
            maximum = minimum;
            return one && minimum <= MaximumRepeat;
        }

        minimum = 0;
        return (comma == 0 || int.TryParse(bounds[..comma], NumberStyles.None, CultureInfo.InvariantCulture, out minimum))
            && (comma == bounds.Length - 1 || int.TryParse(bounds[(comma + 1)..], NumberStyles.None, CultureInfo.InvariantCulture, out maximum))
            && minimum <= maximum && minimum <= MaximumRepeat;
    }

    private CharSet ReadSet()
    {
        if (++depth > MaximumDepth)
            throw Unsupported($"sets nest deeper than {MaximumDepth}");
        at++;
        bool except = Take('^');
        var parts = new List<CharSet>();
        bool first = true;
        while (at < text.Length && (text[at] != ']' || first))
        {
            first = false;
            if (text[at] == '[')
            {
                if (at + 1 < text.Length && text[at + 1] == ':')
                    throw Unsupported("a POSIX bracket");
                parts.Add(ReadSet());
            }
            else if (TakeAll("&&"))
            {
                throw Unsupported("an intersection of sets");
            }
            else
            {
                parts.Add(ReadRange());
            }
        }

        if (!Take(']') || parts.Count == 0)
            throw Unsupported("a set without an end");
        depth--;
        CharSet set = CharSet.Union(parts);
        return except ? set.Except() : set;
    }

    private CharSet ReadRange()
    {
        CharSet? named = null;
        int low = text[at] == '\\' ? ReadEscaped(out named) : ReadCodePoint();
        if (named is not null)
            return named;
        if (at + 1 >= text.Length || text[at] != '-' || text[at + 1] == ']')
            return CharSet.Of(low);
        at++;
        int high = text[at] == '\\' ? ReadEscaped(out named) : ReadCodePoint();
        if (named is not null || high < low)
            throw Unsupported("a range with a bad end");
        return CharSet.Range(low, high);
    }

    private CharSet ReadEscape()
    {
        int codePoint = ReadEscaped(out CharSet? named);
        return named ?? CharSet.Of(codePoint);
    }

    private int ReadEscaped(out CharSet? named)
    {
        named = null;
        if (++at >= text.Length)
            throw Unsupported("a backslash at the end");
        char c = text[at];
        switch (c)
        {
            case 'p' or 'P':
                at++;
                named = ReadProperty(c == 'P');
                return 0;
            case 's' or 'S' or 'd' or 'D' or 'w' or 'W' or 'h' or 'H':
                at++;
                named = char.ToLowerInvariant(c) switch
                {
                    's' => CharSet.Space,
                    'd' => CharSet.Digit,
                    'w' => CharSet.Word,
                    _ => throw Unsupported($"the escape '\\{c}'"),
                };
                if (char.IsUpper(c))
                    named = named.Except();
                return 0;
            case 'x' or 'u':
                at++;
                return ReadHexadecimal(c == 'u' ? 4 : 2);
        }

        if (Controls.TryGetValue(c, out char control))
        {
            at++;
            return control;
        }

        if (char.IsAsciiLetterOrDigit(c))
            throw Unsupported($"the escape '\\{c}'");
        return ReadCodePoint();
    }

    private static readonly Dictionary<char, char> Controls = new() { ['n'] = '\n', ['r'] = '\r', ['t'] = '\t', ['f'] = '\f', ['v'] = '\v', ['a'] = '\a', ['e'] = '\u001b' };

    private CharSet ReadProperty(bool except)
    {
        int end = text.IndexOf('}', at);
        if (end < 0 || text[at] != '{')
            throw Unsupported("a property without braces");
        string name = text[(at + 1)..end];
        at = end + 1;
        if (name.StartsWith('^'))
            (name, except) = (name[1..], !except);
        CharSet set = CharSet.Category(name) ?? throw Unsupported($"the property '{name}'");
        return except ? set.Except() : set;
    }

    private int ReadHexadecimal(int digits)
    {
        int start = at;
        if (Take('{'))
        {
            int end = text.IndexOf('}', at);
            (start, digits) = (at, end - at);
            at = end + 1;
        }
        else
        {
            at += digits;
        }

        if (digits is < 1 or > 6 || start + digits > text.Length
            || !int.TryParse(text.AsSpan(start, digits), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out int value) || !Rune.IsValid(value))
            throw Unsupported("a hexadecimal escape that names no character");
        return value;
    }

    private int ReadCodePoint()
    {
        if (Rune.DecodeFromUtf16(text.AsSpan(at), out Rune rune, out int units) != System.Buffers.OperationStatus.Done)
            throw Unsupported("half a surrogate pair");
        at += units;
        return rune.Value;
    }

    private bool Take(char c)
    {
        if (at >= text.Length || text[at] != c)
            return false;
        at++;
        return true;
    }

    private bool TakeAll(string what)
    {
        if (string.CompareOrdinal(text, at, what, 0, what.Length) != 0)
            return false;
        at += what.Length;
        return true;
    }

    private HafsException Unsupported(string what) => new(ErrorKind.Unsupported, "PatternUnsupported",
        $"the tokenizer's pattern '{text}' has {what} at character {at}, which is not supported");
}
