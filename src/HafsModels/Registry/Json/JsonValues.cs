using System.Collections;
using System.Collections.Immutable;
using System.Collections.ObjectModel;
using System.Globalization;
using System.Numerics;

namespace HafsModels.Registry.Json;

/// <summary>
/// Between items and plain values: string, bool, long (BigInteger beyond it), double, null, read-only lists and read-only dictionaries in
/// their order.
/// </summary>
internal static class JsonValues
{
    private const int MaxDepth = 100;

    /// <summary>The plain value of an item.</summary>
    public static object? From(JsonItem item) => item switch
    {
        JsonObject o => FromObject(o),
        JsonList list => new ReadOnlyCollection<object?>([.. list.Items.Select(From)]),
        JsonScalar scalar => FromScalar(scalar),
        _ => null,
    };

    /// <summary>The plain values of an object's members.</summary>
    public static ReadOnlyDictionary<string, object?> FromObject(JsonObject o)
    {
        if (o.Members.Length == 0)
            return ReadOnlyDictionary<string, object?>.Empty;
        var values = new Dictionary<string, object?>(o.Members.Length, StringComparer.Ordinal);
        foreach (JsonMember member in o.Members)
            values[member.Name] = From(member.Value);
        return new ReadOnlyDictionary<string, object?>(values);
    }

    /// <summary>The item of a plain value; what equals <paramref name="previous"/> keeps its spelling and order.</summary>
    /// <exception cref="HafsException">The value is of no kind that JSON has.</exception>
    public static JsonItem ToItem(object? value, JsonItem? previous = null) => ToItem(value, previous, 0);

    private static JsonItem ToItem(object? value, JsonItem? previous, int depth)
    {
        if (depth > MaxDepth)
            throw new HafsException(ErrorKind.InvalidArgument, "JsonValueTooDeep", $"A value is nested deeper than {MaxDepth} levels, or holds itself.");
        switch (value)
        {
            case null:
                return JsonScalar.Null;
            case IReadOnlyDictionary<string, object?> map:
                return ToObject(map, previous, depth);
            case IReadOnlyDictionary<string, string> map:
                return ToObject(map.Select(p => KeyValuePair.Create(p.Key, (object?)p.Value)), previous, depth);
            case IDictionary map:
                return ToObject(map.Keys.Cast<object>().Select(k => KeyValuePair.Create(Spell(k), map[k])), previous, depth);
            case IEnumerable list and not string:
                var old = previous is JsonList { Items: var items } ? items : [];
                return new JsonList([.. list.Cast<object?>().Select((v, i) => ToItem(v, i < old.Length ? old[i] : null, depth + 1))]);
            default:
                JsonScalar made = Scalar(value);
                return previous is JsonScalar was && Scalar(FromScalar(was)).Raw == made.Raw ? was : made;
        }
    }

    private static JsonObject ToObject(IEnumerable<KeyValuePair<string, object?>> values, JsonItem? previous, int depth)
    {
        JsonObject old = previous as JsonObject ?? JsonObject.Empty;
        var made = values.ToDictionary(p => p.Key, p => ToItem(p.Value, old[p.Key], depth + 1), StringComparer.Ordinal);
        var members = ImmutableArray.CreateBuilder<JsonMember>(made.Count);
        foreach (JsonMember member in old.Members)
            if (made.Remove(member.Name, out JsonItem? kept))
                members.Add(member with { Value = kept });
        members.AddRange(made.Select(p => new JsonMember(p.Key, p.Value)));
        return new JsonObject(members.DrainToImmutable());
    }

    private static JsonScalar Scalar(object? value) => value switch
    {
        null => JsonScalar.Null,
        true => JsonScalar.True,
        false => JsonScalar.False,
        string text => JsonScalar.Text(text),
        double number => new JsonScalar(JsonText.Number(number)),
        // Through the shortest decimal of the float, so that 0.1f reads 0.1.
        float number => new JsonScalar(JsonText.Number(double.Parse(number.ToString("R", CultureInfo.InvariantCulture), CultureInfo.InvariantCulture))),
        decimal number => new JsonScalar(number.ToString(CultureInfo.InvariantCulture)),
        sbyte or byte or short or ushort or int or uint or long or ulong or BigInteger => new JsonScalar(((IFormattable)value).ToString(null, CultureInfo.InvariantCulture)),
        DateTime or DateTimeOffset => JsonScalar.Text(((IFormattable)value).ToString("O", CultureInfo.InvariantCulture)),
        Enum or Guid or char or Uri or TimeSpan => JsonScalar.Text(Spell(value)),
        _ => throw new HafsException(ErrorKind.InvalidArgument, "JsonValueUnsupported", $"A value is of type {value.GetType()}, which has no place in a JSON file.", hint: "Use text, numbers, booleans, lists and dictionaries of them."),
    };

    private static object? FromScalar(JsonScalar scalar) => scalar.Raw switch
    {
        ['"', ..] => JsonText.Unquote(scalar.Raw),
        "null" => null,
        "true" => true,
        "false" => false,
        "NaN" => double.NaN,
        "Infinity" => double.PositiveInfinity,
        "-Infinity" => double.NegativeInfinity,
        var number when number.AsSpan().ContainsAny('.', 'e', 'E') => double.Parse(number, CultureInfo.InvariantCulture),
        "-0" => 0L,
        var number => long.TryParse(number, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long small)
            ? small
            : number.Length <= 400 ? BigInteger.Parse(number, CultureInfo.InvariantCulture) : double.Parse(number, CultureInfo.InvariantCulture),
    };

    private static string Spell(object value) => Convert.ToString(value, CultureInfo.InvariantCulture) ?? "";
}
