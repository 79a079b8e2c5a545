using System.Collections;
using System.Globalization;
using System.Text;
using System.Text.Json;

namespace HafsModels.Tokenizers.Templates;

/// <summary>
/// Values of templates and what Python makes of them: null, <see cref="Undefined"/>, bool, long, double, string, lists
/// (<see cref="List{T}"/>), dictionaries (<see cref="OrderedDictionary{TKey, TValue}"/>) and functions.
/// </summary>
internal static class TemplateValues
{
    public static object? FromJson(JsonElement element) => element.ValueKind switch
    {
        JsonValueKind.String => element.GetString(),
        JsonValueKind.Number => element.TryGetInt64(out long whole) ? (object)whole : element.GetDouble(),
        JsonValueKind.True => true,
        JsonValueKind.False => false,
        JsonValueKind.Array => element.EnumerateArray().Select(FromJson).ToList(),
        JsonValueKind.Object => new OrderedDictionary<string, object?>(element.EnumerateObject().Select(member => KeyValuePair.Create(member.Name, FromJson(member.Value)))),
        _ => null,
    };

    public static bool IsTrue(object? value) => value switch
    {
        null or Undefined => false,
        bool flag => flag,
        long number => number != 0,
        double number => number != 0,
        string text => text.Length > 0,
        ICollection items => items.Count > 0,
        _ => true,
    };

    /// <summary>The text a value is shown as.</summary>
    public static string Show(object? value) => value switch
    {
        null => "None",
        Undefined => "",
        bool flag => flag ? "True" : "False",
        string text => text,
        long number => number.ToString(CultureInfo.InvariantCulture),
        double number => ShowNumber(number),
        List<object?> items => $"[{string.Join(", ", items.Select(Represent))}]",
        OrderedDictionary<string, object?> pairs => $"{{{string.Join(", ", pairs.Select(pair => $"{Represent(pair.Key)}: {Represent(pair.Value)}"))}}}",
        _ => throw TemplateErrors.Value($"a {NameOf(value)} cannot be shown"),
    };

    public static string NameOf(object? value) => value switch
    {
        null => "none",
        Undefined => "undefined value",
        bool => "boolean",
        long => "integer",
        double => "float",
        string => "string",
        List<object?> => "list",
        OrderedDictionary<string, object?> => "dictionary",
        _ => "function",
    };

    public static bool AreEqual(object? left, object? right) => (left, right) switch
    {
        (null, null) => true,
        (Undefined, Undefined) => true,
        (string a, string b) => a == b,
        (List<object?> a, List<object?> b) => a.Count == b.Count && a.Zip(b).All(pair => AreEqual(pair.First, pair.Second)),
        (OrderedDictionary<string, object?> a, OrderedDictionary<string, object?> b) =>
            a.Count == b.Count && a.All(pair => b.TryGetValue(pair.Key, out object? other) && AreEqual(pair.Value, other)),
        _ when Number(left) is { } a && Number(right) is { } b => a == b,
        _ => ReferenceEquals(left, right) && left is not null,
    };

    /// <summary>A number (booleans count as 0 and 1), or null.</summary>
    public static double? Number(object? value) => value switch
    {
        bool flag => flag ? 1 : 0,
        long number => number,
        double number => number,
        _ => null,
    };

    public static int Compare(object? left, object? right)
    {
        if (left is string a && right is string b)
            return string.CompareOrdinal(a, b);
        if (Number(left) is { } x && Number(right) is { } y)
            return x.CompareTo(y);
        throw TemplateErrors.Value($"a {NameOf(left)} and a {NameOf(right)} have no order");
    }

    /// <summary>What a loop over a value goes through: items, keys, or characters.</summary>
    public static IReadOnlyList<object?> Iterate(object? value) => value switch
    {
        Undefined => [],
        List<object?> items => items,
        OrderedDictionary<string, object?> pairs => [.. pairs.Keys],
        string text => [.. text.EnumerateRunes().Select(rune => (object?)rune.ToString())],
        _ => throw TemplateErrors.Value($"a {NameOf(value)} cannot be looped over"),
    };

    /// <summary>JSON as Python's json.dumps spells it: a space after commas and colons, no escapes beyond the needed.</summary>
    public static string ToJson(object? value, int? indent)
    {
        var text = new StringBuilder();
        WriteJson(value, indent, 0, text);
        return text.ToString();
    }

    private static void WriteJson(object? value, int? indent, int depth, StringBuilder text)
    {
        switch (value)
        {
            case null or Undefined:
                text.Append("null");
                break;
            case bool flag:
                text.Append(flag ? "true" : "false");
                break;
            case string words:
                text.Append('"').Append(Escape(words)).Append('"');
                break;
            case long or double:
                text.Append(Show(value));
                break;
            case List<object?> items:
                WriteAll('[', ']', items, item => WriteJson(item, indent, depth + 1, text));
                break;
            case OrderedDictionary<string, object?> pairs:
                WriteAll('{', '}', pairs.ToList(), pair =>
                {
                    text.Append('"').Append(Escape(pair.Key)).Append("\": ");
                    WriteJson(pair.Value, indent, depth + 1, text);
                });
                break;
            default:
                throw TemplateErrors.Value($"a {NameOf(value)} cannot be written as JSON");
        }

        void WriteAll<T>(char open, char close, List<T> items, Action<T> write)
        {
            text.Append(open);
            for (int i = 0; i < items.Count; i++)
            {
                if (i > 0)
                    text.Append(indent is null ? ", " : ",");
                NewLine(depth + 1);
                write(items[i]);
            }

            if (items.Count > 0)
                NewLine(depth);
            text.Append(close);
        }

        void NewLine(int level)
        {
            if (indent is { } spaces)
                text.Append('\n').Append(' ', spaces * level);
        }
    }

    private static string Escape(string text)
    {
        var result = new StringBuilder(text.Length);
        foreach (char c in text)
        {
            result.Append(c switch
            {
                '"' => "\\\"",
                '\\' => "\\\\",
                '\n' => "\\n",
                '\r' => "\\r",
                '\t' => "\\t",
                '\b' => "\\b",
                '\f' => "\\f",
                < ' ' => $"\\u{(int)c:x4}",
                _ => c.ToString(),
            });
        }

        return result.ToString();
    }

    private static string ShowNumber(double number)
    {
        string text = number.ToString("R", CultureInfo.InvariantCulture);
        return text.AsSpan().IndexOfAny('.', 'E', 'N') < 0 && !double.IsInfinity(number) ? text + ".0" : text;
    }

    private static string Represent(object? value) => value is string text ? $"'{text.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("'", "\\'", StringComparison.Ordinal).Replace("\n", "\\n", StringComparison.Ordinal)}'" : Show(value);

    private static IEnumerable<object?> Select(this StringRuneEnumerator runes, Func<Rune, object?> convert)
    {
        foreach (Rune rune in runes)
            yield return convert(rune);
    }
}
