using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace HafsModels.Transfer.Toml;

/// <summary>Reads the values of a TOML document.</summary>
/// <param name="cursor">The place in the document.</param>
/// <param name="addPair">Reads a <c>key = value</c> into a table.</param>
internal sealed partial class TomlValueReader(TomlCursor cursor, Action<TomlTable> addPair)
{
    private const int MaxDepth = 64;
    private static readonly Dictionary<string, object> Words = new()
    {
        ["true"] = true,
        ["false"] = false,
        ["inf"] = double.PositiveInfinity,
        ["+inf"] = double.PositiveInfinity,
        ["-inf"] = double.NegativeInfinity,
        ["nan"] = double.NaN,
        ["+nan"] = double.NaN,
        ["-nan"] = double.NaN,
    };

    private static readonly Dictionary<char, char> Escapes = new() { ['b'] = '\b', ['t'] = '\t', ['n'] = '\n', ['f'] = '\f', ['r'] = '\r', ['"'] = '"', ['\\'] = '\\' };
    // Arrays and tables around what is being read.
    private int depth;

    /// <summary>Reads a value.</summary>
    public object Value()
    {
        if (depth > MaxDepth)
            throw cursor.Error($"arrays and tables within each other more than {MaxDepth} deep");
        return cursor.Current switch
        {
            '"' => cursor.Sees("\"\"\"") ? MultiLineString() : OneLineString(),
            '\'' => cursor.Sees("'''") ? MultiLineString() : OneLineString(),
            '[' => Array(),
            '{' => InlineTable(),
            _ => Plain(),
        };
    }

    /// <summary>Reads a string in single or double quotes that ends on its line.</summary>
    public string OneLineString()
    {
        char quote = cursor.Current;
        int start = cursor.Position;
        cursor.Take();
        var text = new StringBuilder();
        while (!cursor.Take(quote))
        {
            if (cursor.AtEnd || cursor.Current is '\n' or '\r')
                throw cursor.Error("a string that begins here and does not end on its line", start);
            Character(text, quote);
        }

        return text.ToString();
    }

    private string MultiLineString()
    {
        char quote = cursor.Current;
        int start = cursor.Position;
        cursor.Take(3);
        cursor.TakeNewLine();
        var text = new StringBuilder();
        while (true)
        {
            int quotes = 0;
            while (cursor.At(quotes) == quote && quotes < 5)
                quotes++;
            if (quotes >= 3)
            {
                // Of up to five quotes the last three end it.
                cursor.Take(quotes);
                return text.Append(quote, quotes - 3).ToString();
            }

            if (cursor.AtEnd)
                throw cursor.Error("a string that begins here and does not end", start);
            if (cursor.TakeNewLine())
                text.Append('\n');
            else if (quote == '"' && cursor.Current == '\\' && EndsLine())
                cursor.SkipLinesOfBlanks();
            else
                Character(text, quote);
        }
    }

    // Whether only blanks stand between the backslash here and the end of the line.
    private bool EndsLine()
    {
        int ahead = 1;
        while (cursor.At(ahead) is ' ' or '\t')
            ahead++;
        return cursor.At(ahead) == '\n' || (cursor.At(ahead) == '\r' && cursor.At(ahead + 1) == '\n');
    }

    private void Character(StringBuilder text, char quote)
    {
        if (TomlCursor.IsControl(cursor.Current))
            throw cursor.Error($"{(cursor.Current == '\r' ? "a carriage return without a line feed" : cursor.Shown)} in a string");
        if (cursor.Current != '\\' || quote == '\'')
        {
            text.Append(cursor.Current);
            cursor.Take();
            return;
        }

        int start = cursor.Position;
        cursor.Take();
        char escape = cursor.Current;
        int digits = escape switch { 'u' => 4, 'U' => 8, _ => 0 };
        if (digits == 0)
        {
            text.Append(Escapes.TryGetValue(escape, out char plain) ? plain : throw cursor.Error($"a backslash before {cursor.Shown} means nothing; write \\\\ for a backslash, or quote with '", start));
            cursor.Take();
            return;
        }

        cursor.Take();
        uint scalar = 0;
        for (int i = 0; i < digits; i++, cursor.Take())
            scalar = char.IsAsciiHexDigit(cursor.Current) ? (scalar << 4) + (uint)Convert.ToInt32(cursor.Current.ToString(), 16) : throw cursor.Error($"\\{escape} with fewer than {digits} hexadecimal digits", start);
        text.Append(Rune.TryCreate(scalar, out Rune rune) ? rune.ToString() : throw cursor.Error($"U+{scalar:X} is no character", start));
    }

    private TomlArray Array()
    {
        int start = cursor.Position;
        cursor.Take();
        var array = new TomlArray(ofTables: false);
        while (true)
        {
            cursor.SkipLines();
            if (cursor.Take(']'))
                return array;
            if (cursor.AtEnd)
                throw cursor.Error("an array that begins here and does not end", start);
            depth++;
            array.Add(Value());
            depth--;
            cursor.SkipLines();
            if (cursor.Take(','))
                continue;
            if (!cursor.Take(']'))
                throw cursor.Error($"{cursor.Shown} where ',' or ']' must follow an item of an array");
            return array;
        }
    }

    private TomlTable InlineTable()
    {
        cursor.Take();
        depth++;
        var table = new TomlTable { Origin = TomlTableOrigin.Header };
        cursor.SkipBlank();
        if (!cursor.Take('}'))
        {
            do
            {
                cursor.SkipBlank();
                addPair(table);
                cursor.SkipBlank();
            }
            while (cursor.Take(','));
            cursor.Require('}', "the end of a table that is written on one line");
        }

        depth--;
        Close(table);
        return table;
    }

    private static void Close(TomlTable table)
    {
        table.Origin = TomlTableOrigin.Inline;
        foreach ((_, object value) in table)
            if (value is TomlTable { Origin: not TomlTableOrigin.Inline } inner)
                Close(inner);
    }

    // Words, numbers, dates and times: what they are shows by their whole text.
    private object Plain()
    {
        int start = cursor.Position;
        TakePlain();
        // A date and a time may be parted by one space.
        if (cursor.Current == ' ' && char.IsAsciiDigit(cursor.At(1)) && Date().IsMatch(cursor.Since(start)))
        {
            cursor.Take();
            TakePlain();
        }

        string text = cursor.Since(start);
        if (text.Length == 0)
            throw cursor.Error($"{cursor.Shown} where a value must be");
        if (Words.TryGetValue(text, out object? word))
            return word;
        try
        {
            return Number(text) ?? Moment(text) ?? throw cursor.Error($"'{text}' is no value; text stands in quotes", start);
        }
        catch (Exception e) when (e is OverflowException or FormatException)
        {
            throw cursor.Error($"'{text}' is outside of what can be: integers have 64 bits, dates and times those of the calendar", start);
        }
    }

    private void TakePlain()
    {
        while (char.IsAsciiLetterOrDigit(cursor.Current) || cursor.Current is '+' or '-' or '.' or '_' or ':')
            cursor.Take();
    }

    private static object? Number(string text)
    {
        string digits = text.Replace("_", "", StringComparison.Ordinal);
        if (Integer().IsMatch(text))
            return long.Parse(digits, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture);
        if (Based().IsMatch(text))
        {
            int bits = text[1] switch { 'x' => 4, 'o' => 3, _ => 1 };
            long value = 0;
            foreach (char digit in digits.AsSpan(2))
                value = checked((value * (1 << bits)) + Convert.ToInt32(digit.ToString(), 16));
            return value;
        }

        return Float().IsMatch(text) ? double.Parse(digits, NumberStyles.Float, CultureInfo.InvariantCulture) : null;
    }

    private static object? Moment(string text)
    {
        Match match = DateAndTime().Match(text);
        if (!match.Success)
            return null;
        bool hasDate = match.Groups["date"].Success, hasTime = match.Groups["time"].Success;
        DateOnly date = hasDate ? DateOnly.ParseExact(match.Groups["date"].Value, "yyyy-MM-dd", CultureInfo.InvariantCulture) : default;
        // Seven digits of a second are kept.
        TimeOnly time = hasTime
            ? TimeOnly.ParseExact(match.Groups["time"].Value, "HH:mm:ss", CultureInfo.InvariantCulture).Add(TimeSpan.FromTicks(long.Parse(match.Groups["fraction"].Value.PadRight(7, '0')[..7], CultureInfo.InvariantCulture)))
            : default;
        if (!match.Groups["offset"].Success)
            return !hasTime ? date : !hasDate ? time : date.ToDateTime(time);
        if (!hasDate || !hasTime)
            return null;
        string offset = match.Groups["offset"].Value;
        TimeSpan east = offset is "Z" or "z" ? TimeSpan.Zero : TimeOnly.ParseExact(offset[1..], "HH:mm", CultureInfo.InvariantCulture).ToTimeSpan() * (offset[0] == '-' ? -1 : 1);
        try
        {
            return new DateTimeOffset(date.ToDateTime(time), east);
        }
        catch (ArgumentException e)
        {
            throw new FormatException(null, e);
        }
    }

    [GeneratedRegex(@"\A[+-]?(0|[1-9](_?[0-9])*)\z")]
    private static partial Regex Integer();

    [GeneratedRegex(@"\A0(x[0-9A-Fa-f](_?[0-9A-Fa-f])*|o[0-7](_?[0-7])*|b[01](_?[01])*)\z")]
    private static partial Regex Based();

    [GeneratedRegex(@"\A[+-]?(0|[1-9](_?[0-9])*)((\.[0-9](_?[0-9])*)([eE][+-]?[0-9](_?[0-9])*)?|[eE][+-]?[0-9](_?[0-9])*)\z")]
    private static partial Regex Float();

    [GeneratedRegex(@"\A[0-9]{4}-[0-9]{2}-[0-9]{2}\z")]
    private static partial Regex Date();

    [GeneratedRegex(@"\A(?<date>[0-9]{4}-[0-9]{2}-[0-9]{2})?(?(date)([Tt ](?=[0-9])|\z)|)((?<time>[0-9]{2}:[0-9]{2}:[0-9]{2})(\.(?<fraction>[0-9]+))?)?(?<offset>[Zz]|[+-][0-9]{2}:[0-9]{2})?\z")]
    private static partial Regex DateAndTime();
}
