using System.Globalization;
using System.Numerics;
using System.Text;

namespace HafsModels.Tokenizers.Templates;

/// <summary>Values as Python shows them: <c>str</c> outside of lists and dictionaries, <c>repr</c> inside.</summary>
internal static class TemplateText
{
    private static readonly Dictionary<int, string> Escapes = new() { ['\\'] = "\\\\", ['\n'] = "\\n", ['\r'] = "\\r", ['\t'] = "\\t" };

    public static string Of(object? value)
    {
        var text = new StringBuilder();
        Write(value, text, inside: false);
        return text.ToString();
    }

    /// <summary>A number with the shortest digits that give it back; an exponent below 1e-4 and from 1e16.</summary>
    public static string OfNumber(double number)
    {
        if (!double.IsFinite(number))
            return double.IsNaN(number) ? "nan" : number > 0 ? "inf" : "-inf";
        string shortest = number.ToString("R", CultureInfo.InvariantCulture);
        int sign = shortest.IndexOf('E', StringComparison.Ordinal);
        double size = Math.Abs(number);
        if (size is 0 or (>= 1e-4 and < 1e16))
        {
            string plain = sign < 0 ? shortest : number.ToString("F0", CultureInfo.InvariantCulture);
            return plain.Contains('.', StringComparison.Ordinal) ? plain : plain + ".0";
        }

        if (sign < 0)
        {
            // Python turns to an exponent before .NET does.
            string digits = shortest.TrimStart('-').Replace(".", "", StringComparison.Ordinal);
            int zeros = digits.Length - digits.TrimStart('0').Length;
            int power = size >= 1 ? digits.Length - 1 : -zeros;
            digits = digits.Trim('0');
            shortest = $"{(number < 0 ? "-" : "")}{digits[0]}{(digits.Length > 1 ? "." : "")}{digits[1..]}E{power}";
            sign = shortest.IndexOf('E', StringComparison.Ordinal);
        }

        int exponent = int.Parse(shortest.AsSpan(sign + 1), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture);
        return $"{shortest[..sign]}e{(exponent < 0 ? '-' : '+')}{Math.Abs(exponent):00}";
    }

    private static void Write(object? value, StringBuilder text, bool inside)
    {
        TemplateErrors.CheckDepth();
        if (text.Length > TemplateWork.MaximumText)
            throw TemplateErrors.TooMuch($"a text has more than {TemplateWork.MaximumText:N0} characters");
        switch (value)
        {
            case List<object?> items:
                bool tuple = items is TemplateTuple;
                WriteAll(tuple ? "(" : "[", !tuple ? "]" : items.Count == 1 ? ",)" : ")", items, item => Write(item, text, inside: true));
                break;
            case OrderedDictionary<string, object?> pairs:
                WriteAll("{", "}", pairs, pair =>
                {
                    Quote(pair.Key, text);
                    text.Append(": ");
                    Write(pair.Value, text, inside: true);
                });
                break;
            case string words when inside:
                Quote(words, text);
                break;
            default:
                text.Append(value switch
                {
                    null => "None",
                    Undefined => inside ? "Undefined" : "",
                    bool flag => flag ? "True" : "False",
                    string words => words,
                    long number => number.ToString(CultureInfo.InvariantCulture),
                    BigInteger number => number.ToString(CultureInfo.InvariantCulture),
                    double number => OfNumber(number),
                    _ => throw TemplateErrors.Value($"a {TemplateValues.NameOf(value)} cannot be shown"),
                });
                break;
        }

        void WriteAll<T>(string open, string close, IEnumerable<T> all, Action<T> write)
        {
            text.Append(open);
            bool first = true;
            foreach (T item in all)
            {
                text.Append(first ? "" : ", ");
                first = false;
                write(item);
            }

            text.Append(close);
        }
    }

    /// <summary>In double quotes only where the text has single ones and no double ones.</summary>
    private static void Quote(string words, StringBuilder text)
    {
        char quote = words.Contains('\'', StringComparison.Ordinal) && !words.Contains('"', StringComparison.Ordinal) ? '"' : '\'';
        text.Append(quote);
        foreach (Rune rune in words.EnumerateRunes())
        {
            if (rune.Value == quote)
                text.Append('\\').Append(quote);
            else if (Escapes.TryGetValue(rune.Value, out string? escape))
                text.Append(escape);
            else if (IsPrintable(rune))
                text.Append(rune.ToString());
            else
                text.Append(CultureInfo.InvariantCulture, $"\\{(rune.Value < 0x100 ? $"x{rune.Value:x2}" : rune.IsBmp ? $"u{rune.Value:x4}" : $"U{rune.Value:x8}")}");
        }

        text.Append(quote);
    }

    private static bool IsPrintable(Rune rune) => rune.Value == ' ' || Rune.GetUnicodeCategory(rune) is not (
        UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.Surrogate or UnicodeCategory.PrivateUse or UnicodeCategory.OtherNotAssigned
        or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator or UnicodeCategory.SpaceSeparator);
}
