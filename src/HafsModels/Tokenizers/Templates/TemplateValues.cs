using System.Collections;
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
        JsonValueKind.Object => FromObject(element),
        _ => null,
    };

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
    public static string Key(object? value) => Show(value);

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

    public static bool AreEqual(object? left, object? right)
    {
        TemplateErrors.CheckDepth();
        return AreSame(left, right);
    }

    private static bool AreSame(object? left, object? right) => (left, right) switch
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

    private static IEnumerable<object?> Select(this StringRuneEnumerator runes, Func<Rune, object?> convert)
    {
        foreach (Rune rune in runes)
            yield return convert(rune);
    }
}
