using System.Collections;
using System.Globalization;
using System.Numerics;
using System.Text.Json;

namespace HafsModels.Tokenizers.Templates;

/// <summary>
/// Values of templates and what Python makes of them: null, <see cref="Undefined"/>, bool, long, <see cref="BigInteger"/> beyond it, double, string, lists
/// (<see cref="List{T}"/>), dictionaries (<see cref="OrderedDictionary{TKey, TValue}"/>) and functions.
/// </summary>
internal static class TemplateValues
{
    private const int MaximumDigits = 4300;

    public static object? FromJson(JsonElement element) => element.ValueKind switch
    {
        JsonValueKind.String => element.GetString(),
        JsonValueKind.Number => Number(element),
        JsonValueKind.True => true,
        JsonValueKind.False => false,
        JsonValueKind.Array => element.EnumerateArray().Select(FromJson).ToList(),
        JsonValueKind.Object => FromObject(element),
        _ => null,
    };

    /// <summary>Whole numbers stay whole, however many digits they have.</summary>
    private static object Number(JsonElement element) => element.TryGetInt64(out long whole) ? whole
        : element.GetRawText() is { Length: <= MaximumDigits } text && BigInteger.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out BigInteger large) ? large
        : element.GetDouble();

    /// <summary>Of members with one name the last counts.</summary>
    private static OrderedDictionary<string, object?> FromObject(JsonElement element)
    {
        var pairs = new OrderedDictionary<string, object?>();
        foreach (JsonProperty member in element.EnumerateObject())
            pairs[member.Name] = FromJson(member.Value);
        return pairs;
    }

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
    public static string Show(object? value) => value as string ?? TemplateText.Of(value);

    /// <summary>The key of a dictionary that a value stands for; numbers and the like by their text.</summary>
    public static string Key(object? value) => value is List<object?> or OrderedDictionary<string, object?> ? throw TemplateErrors.Value($"a {NameOf(value)} cannot be a key") : Show(value);

    public static string NameOf(object? value) => value switch
    {
        null => "none",
        Undefined => "undefined value",
        bool => "boolean",
        long or BigInteger => "integer",
        double => "float",
        string => "string",
        TemplateTuple => "tuple",
        List<object?> => "list",
        OrderedDictionary<string, object?> => "dictionary",
        _ => "function",
    };

    public static bool AreEqual(object? left, object? right, TemplateWork work)
    {
        TemplateErrors.CheckDepth();
        work.Spend(1);
        return AreSame(left, right, work);
    }

    private static bool AreSame(object? left, object? right, TemplateWork work)
    {
        switch (left, right)
        {
            case (null, null) or (Undefined, Undefined):
                return true;
            case (string a, string b):
                work.SpendText(Math.Min(a.Length, b.Length));
                return a == b;
            case (List<object?> a, List<object?> b):
                return a is TemplateTuple == b is TemplateTuple && a.Count == b.Count && a.Zip(b).All(pair => AreEqual(pair.First, pair.Second, work));
            case (OrderedDictionary<string, object?> a, OrderedDictionary<string, object?> b):
                return a.Count == b.Count && a.All(pair => b.TryGetValue(pair.Key, out object? other) && AreEqual(pair.Value, other, work));
            case (BigInteger a, BigInteger b):
                return a == b;
            default:
                return Number(left) is { } x && Number(right) is { } y ? x == y : ReferenceEquals(left, right) && left is not null;
        }
    }

    /// <summary>A number (booleans count as 0 and 1), or null.</summary>
    public static double? Number(object? value) => value switch
    {
        bool flag => flag ? 1 : 0,
        long number => number,
        BigInteger number => double.Parse(number.ToString(CultureInfo.InvariantCulture), CultureInfo.InvariantCulture),
        double number => number,
        _ => null,
    };

    public static int Compare(object? left, object? right, TemplateWork work)
    {
        work.Spend(1);
        if (left is string a && right is string b)
        {
            work.SpendText(Math.Min(a.Length, b.Length));
            return string.CompareOrdinal(a, b);
        }

        if (left is List<object?> c && right is List<object?> d && left is TemplateTuple == right is TemplateTuple)
        {
            TemplateErrors.CheckDepth();
            int different = c.Zip(d).TakeWhile(pair => AreEqual(pair.First, pair.Second, work)).Count();
            return different < c.Count && different < d.Count ? Compare(c[different], d[different], work) : c.Count.CompareTo(d.Count);
        }

        if (left is long x && right is long y)
            return x.CompareTo(y);
        if (Number(left) is { } p && Number(right) is { } q)
            return p.CompareTo(q);
        throw TemplateErrors.Value($"a {NameOf(left)} and a {NameOf(right)} have no order");
    }

    /// <summary>What a loop over a value goes through: items, keys, or characters.</summary>
    public static IReadOnlyList<object?> Iterate(object? value, TemplateWork work) => value switch
    {
        Undefined => [],
        List<object?> items => items,
        OrderedDictionary<string, object?> pairs => [.. pairs.Keys],
        string text => Characters(text, work),
        _ => throw TemplateErrors.Value($"a {NameOf(value)} cannot be looped over"),
    };

    private static List<object?> Characters(string text, TemplateWork work)
    {
        TemplateRunes runes = TemplateRunes.Of(text, work);
        work.SpendItems(runes.Count);
        return [.. Enumerable.Range(0, runes.Count).Select(i => (object?)runes.Take(i, i + 1))];
    }
}
