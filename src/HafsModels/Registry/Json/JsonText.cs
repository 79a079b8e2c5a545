using System.Globalization;
using System.Text;

namespace HafsModels.Registry.Json;

/// <summary>Writes items as Python's <c>json.dump(indent=2)</c> does, and spells strings and numbers as Python does.</summary>
internal static class JsonText
{
    /// <summary>The text of an item: indent 2, ASCII only, LF, no final newline.</summary>
    public static string Write(JsonItem item)
    {
        var text = new StringBuilder();
        Append(text, item, 0);
        return text.ToString();
    }

    /// <summary>The item with text in place of the numbers that Python writes and JSON does not have: NaN, Infinity, -Infinity.</summary>
    public static JsonItem Strict(JsonItem item) => item switch
    {
        JsonScalar { Raw: "NaN" or "Infinity" or "-Infinity" } scalar => JsonScalar.Text(scalar.Raw),
        JsonList list => new JsonList([.. list.Items.Select(Strict)]),
        JsonObject o => new JsonObject([.. o.Members.Select(m => m with { Value = Strict(m.Value) })]),
        _ => item,
    };

    /// <summary>A string as Python's <c>json.dumps</c> spells it.</summary>
    public static string Quote(string value)
    {
        var text = new StringBuilder(value.Length + 2).Append('"');
        foreach (char c in value)
        {
            switch (c)
            {
                case '"': text.Append("\\\""); break;
                case '\\': text.Append("\\\\"); break;
                case '\n': text.Append("\\n"); break;
                case '\r': text.Append("\\r"); break;
                case '\t': text.Append("\\t"); break;
                case '\b': text.Append("\\b"); break;
                case '\f': text.Append("\\f"); break;
                case < ' ' or > '~': AppendEscape(text, c); break;
                default: text.Append(c); break;
            }
        }

        return text.Append('"').ToString();
    }

    /// <summary>The value of a string token that the parser accepted.</summary>
    public static string Unquote(string raw)
    {
        ReadOnlySpan<char> body = raw.AsSpan(1, raw.Length - 2);
        if (!body.Contains('\\'))
            return body.ToString();
        var value = new StringBuilder(body.Length);
        for (int i = 0; i < body.Length; i++)
        {
            if (body[i] != '\\')
            {
                value.Append(body[i]);
                continue;
            }

            switch (body[++i])
            {
                case 'b': value.Append('\b'); break;
                case 'f': value.Append('\f'); break;
                case 'n': value.Append('\n'); break;
                case 'r': value.Append('\r'); break;
                case 't': value.Append('\t'); break;
                case 'u':
                    value.Append((char)ushort.Parse(body.Slice(i + 1, 4), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture));
                    i += 4;
                    break;
                default: value.Append(body[i]); break;
            }
        }

        return value.ToString();
    }

    /// <summary>
    /// A number as Python's <c>repr</c> spells it: the shortest digits that read back the same, a point always, an exponent of at least two
    /// digits below 1e-4 and from 1e16 on.
    /// </summary>
    public static string Number(double value)
    {
        if (double.IsNaN(value))
            return "NaN";
        if (double.IsInfinity(value))
            return value > 0 ? "Infinity" : "-Infinity";
        string shortest = value.ToString("E16", CultureInfo.InvariantCulture);
        string roundTrip = value.ToString("R", CultureInfo.InvariantCulture);
        int exponent = value == 0 ? 0 : int.Parse(shortest.AsSpan(shortest.IndexOf('E') + 1), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture);
        ReadOnlySpan<char> digitsPart = roundTrip.AsSpan().TrimStart('-');
        int e = digitsPart.IndexOf('E');
        string digits = (e < 0 ? digitsPart : digitsPart[..e]).ToString().Replace(".", "", StringComparison.Ordinal).TrimStart('0').TrimEnd('0');
        if (digits.Length == 0)
            digits = "0";
        string sign = double.IsNegative(value) ? "-" : "";
        if (exponent is < -4 or >= 16)
        {
            string mantissa = digits.Length == 1 ? digits : $"{digits[0]}.{digits[1..]}";
            return string.Create(CultureInfo.InvariantCulture, $"{sign}{mantissa}e{(exponent < 0 ? '-' : '+')}{Math.Abs(exponent):00}");
        }

        if (exponent < 0)
            return sign + "0." + new string('0', -exponent - 1) + digits;
        if (digits.Length <= exponent + 1)
            return sign + digits.PadRight(exponent + 1, '0') + ".0";
        return $"{sign}{digits[..(exponent + 1)]}.{digits[(exponent + 1)..]}";
    }

    internal static void AppendEscape(StringBuilder text, char c) => text.Append(CultureInfo.InvariantCulture, $"\\u{(int)c:x4}");

    private static void Append(StringBuilder text, JsonItem item, int indent)
    {
        switch (item)
        {
            case JsonScalar scalar:
                text.Append(scalar.Raw);
                break;
            case JsonList { Items.Length: 0 }:
                text.Append("[]");
                break;
            case JsonObject { Members.Length: 0 }:
                text.Append("{}");
                break;
            case JsonList list:
                text.Append('[');
                for (int i = 0; i < list.Items.Length; i++)
                {
                    NewLine(text, i > 0, indent + 2);
                    Append(text, list.Items[i], indent + 2);
                }

                NewLine(text, false, indent);
                text.Append(']');
                break;
            case JsonObject o:
                text.Append('{');
                for (int i = 0; i < o.Members.Length; i++)
                {
                    NewLine(text, i > 0, indent + 2);
                    text.Append(o.Members[i].RawName).Append(": ");
                    Append(text, o.Members[i].Value, indent + 2);
                }

                NewLine(text, false, indent);
                text.Append('}');
                break;
        }
    }

    private static void NewLine(StringBuilder text, bool comma, int indent)
    {
        if (comma)
            text.Append(',');
        text.Append('\n').Append(' ', indent);
    }
}
