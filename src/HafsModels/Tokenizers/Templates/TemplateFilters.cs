using System.Globalization;
using System.Text.RegularExpressions;

namespace HafsModels.Tokenizers.Templates;

/// <summary>The filters of templates: a table by name.</summary>
internal static partial class TemplateFilters
{
    private delegate object? Filter(object? value, IReadOnlyList<object?> arguments, IReadOnlyDictionary<string, object?> named);

    private static readonly Dictionary<string, Filter> Filters = new(StringComparer.Ordinal)
    {
        ["trim"] = (value, arguments, named) => Argument(arguments, named, 0, "chars", null) is { } characters ? Text(value).Trim(Text(characters).ToCharArray()) : Text(value).Trim(),
        ["upper"] = (value, _, _) => Text(value).ToUpperInvariant(),
        ["lower"] = (value, _, _) => Text(value).ToLowerInvariant(),
        ["capitalize"] = (value, _, _) => TemplateMethods.Capitalize(Text(value)),
        ["title"] = (value, _, _) => WordEdge().Replace(Text(value), word => TemplateMethods.Capitalize(word.Value)),
        ["string"] = (value, _, _) => TemplateValues.Show(value),
        ["safe"] = (value, _, _) => value,
        ["e"] = (value, _, _) => Escape(Text(value)),
        ["escape"] = (value, _, _) => Escape(Text(value)),
        ["length"] = (value, _, _) => Length(value),
        ["count"] = (value, _, _) => Length(value),
        ["first"] = (value, _, _) => TemplateValues.Iterate(value) is [var first, ..] ? first : Undefined.Value,
        ["last"] = (value, _, _) => TemplateValues.Iterate(value) is [.., var last] ? last : Undefined.Value,
        ["list"] = (value, _, _) => TemplateValues.Iterate(value).ToList(),
        ["reverse"] = (value, _, _) => value is string text ? string.Concat(TemplateValues.Iterate(text).Reverse()) : TemplateValues.Iterate(value).Reverse().ToList(),
        ["join"] = (value, arguments, named) => string.Join(Text(Argument(arguments, named, 0, "d", "")), All(value, Argument(arguments, named, 1, "attribute", null)).Select(TemplateValues.Show)),
        ["default"] = Default,
        ["d"] = Default,
        ["replace"] = (value, arguments, _) => TemplateMethods.Replace(Text(value), Text(arguments[0]), Text(arguments[1]), arguments.Count > 2 ? Whole(arguments[2]) : -1),
        ["int"] = (value, arguments, _) => ToInteger(value, arguments),
        ["float"] = (value, arguments, _) => TemplateValues.Number(value) ?? (double.TryParse(value as string, NumberStyles.Float, CultureInfo.InvariantCulture, out double number) ? number : arguments.Count > 0 ? arguments[0] : 0.0),
        ["abs"] = (value, _, _) => value is long whole ? (object)Math.Abs(whole) : Math.Abs(TemplateValues.Number(value) ?? 0),
        ["round"] = Round,
        ["items"] = (value, _, _) => Items(value),
        ["dictsort"] = (value, arguments, named) => Sort(Items(value), Argument(arguments, named, 2, "reverse", false), Argument(arguments, named, 0, "case_sensitive", false),
            Text(Argument(arguments, named, 1, "by", "key")) == "value" ? 1L : 0L),
        ["tojson"] = (value, arguments, named) => TemplateJson.From((position, name) => Argument(arguments, named, position, name, null)).Write(value),
        ["map"] = Map,
        ["selectattr"] = (value, arguments, _) => Where(value, item => TemplateTests.Passes(Attribute(item, arguments[0]), arguments, 1)),
        ["rejectattr"] = (value, arguments, _) => Where(value, item => !TemplateTests.Passes(Attribute(item, arguments[0]), arguments, 1)),
        ["select"] = (value, arguments, _) => Where(value, item => TemplateTests.Passes(item, arguments, 0)),
        ["reject"] = (value, arguments, _) => Where(value, item => !TemplateTests.Passes(item, arguments, 0)),
        ["sort"] = (value, arguments, named) => Sort(value, Argument(arguments, named, 0, "reverse", false), Argument(arguments, named, 1, "case_sensitive", false), Argument(arguments, named, 2, "attribute", null)),
        ["unique"] = (value, arguments, named) => Unique(value, Argument(arguments, named, 0, "case_sensitive", false), Argument(arguments, named, 1, "attribute", null)),
        ["sum"] = (value, arguments, named) => All(value, Argument(arguments, named, 0, "attribute", null)).Aggregate(Argument(arguments, named, 1, "start", 0L), (total, item) => TemplateOperators.Apply("+", total, item)),
        ["min"] = (value, arguments, named) => Sort(value, false, Argument(arguments, named, 0, "case_sensitive", false), Argument(arguments, named, 1, "attribute", null)).FirstOrDefault(Undefined.Value),
        ["max"] = (value, arguments, named) => Sort(value, true, Argument(arguments, named, 0, "case_sensitive", false), Argument(arguments, named, 1, "attribute", null)).FirstOrDefault(Undefined.Value),
        ["attr"] = (value, arguments, _) => TemplateMethods.Find(value, Text(arguments[0])) ?? (object?)Undefined.Value,
        ["wordcount"] = (value, _, _) => (long)Text(value).Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries).Length,
        ["batch"] = (value, arguments, _) => TemplateValues.Iterate(value).Chunk((int)Math.Clamp(Whole(arguments[0]), 1, int.MaxValue)).Select(chunk => (object?)chunk.ToList()).ToList(),
        ["indent"] = Indent,
    };

    public static bool Knows(string name) => Filters.ContainsKey(name);

    public static object? Apply(string name, object? value, IReadOnlyList<object?> arguments, IReadOnlyDictionary<string, object?> named)
    {
        if (!Filters.TryGetValue(name, out Filter? filter))
            throw TemplateErrors.Value($"the filter '{name}' is not known");
        try
        {
            return filter(value, arguments, named);
        }
        catch (Exception error) when (error is ArgumentOutOfRangeException or IndexOutOfRangeException)
        {
            throw TemplateErrors.Value($"the filter '{name}' lacks an argument");
        }
    }

    public static string Text(object? value) => value as string ?? TemplateValues.Show(value);

    public static long Whole(object? value) => value switch
    {
        long number => number,
        bool flag => flag ? 1 : 0,
        _ => throw TemplateErrors.Value($"a {TemplateValues.NameOf(value)} stands where an integer is needed"),
    };

    public static List<object?> Items(object? value) => value switch
    {
        OrderedDictionary<string, object?> pairs => [.. pairs.Select(pair => (object?)new TemplateTuple([pair.Key, pair.Value]))],
        Undefined => [],
        _ => throw TemplateErrors.Value($"a {TemplateValues.NameOf(value)} has no items"),
    };

    /// <summary>What Jinja takes for a word in titles: up to white space, a hyphen or an opening bracket.</summary>
    [GeneratedRegex(@"[^-\s({\[<]+")]
    private static partial Regex WordEdge();

    private static object? Argument(IReadOnlyList<object?> arguments, IReadOnlyDictionary<string, object?> named, int position, string name, object? otherwise) =>
        arguments.Count > position ? arguments[position] : named.GetValueOrDefault(name, otherwise);

    private static object? Default(object? value, IReadOnlyList<object?> arguments, IReadOnlyDictionary<string, object?> named)
    {
        bool alsoFalse = TemplateValues.IsTrue(Argument(arguments, named, 1, "boolean", false));
        return value is Undefined || (alsoFalse && !TemplateValues.IsTrue(value)) ? Argument(arguments, named, 0, "default_value", "") : value;
    }

    private static long Length(object? value) => TemplateValues.Iterate(value).Count;

    private static object? ToInteger(object? value, IReadOnlyList<object?> arguments)
    {
        if (TemplateValues.Number(value) is { } number && Math.Abs(number) < long.MaxValue)
            return (long)number;
        string? text = (value as string)?.Trim();
        if (long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long parsed))
            return parsed;
        return double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out double real) && Math.Abs(real) < long.MaxValue ? (long)real : arguments.Count > 0 ? arguments[0] : 0L;
    }

    private static string Escape(string text) => text.Replace("&", "&amp;", StringComparison.Ordinal).Replace("<", "&lt;", StringComparison.Ordinal)
        .Replace(">", "&gt;", StringComparison.Ordinal).Replace("'", "&#39;", StringComparison.Ordinal).Replace("\"", "&#34;", StringComparison.Ordinal);

    private static List<object?> Where(object? value, Func<object?, bool> keep) => [.. Each(value).Where(keep)];

    /// <summary>What map and select go through: nothing of what is false, though it may be no list.</summary>
    private static IReadOnlyList<object?> Each(object? value) => TemplateValues.IsTrue(value) ? TemplateValues.Iterate(value) : [];

    private static object? Attribute(object? item, object? attribute) => attribute switch
    {
        null => item,
        long => TemplateOperators.Member(item, attribute),
        _ => Text(attribute).Split('.').Aggregate(item, (value, name) => TemplateOperators.Member(value, long.TryParse(name, NumberStyles.None, CultureInfo.InvariantCulture, out long index) ? index : name)),
    };

    private static IEnumerable<object?> All(object? value, object? attribute) => TemplateValues.Iterate(value).Select(item => Attribute(item, attribute));

    private static List<object?> Map(object? value, IReadOnlyList<object?> arguments, IReadOnlyDictionary<string, object?> named)
    {
        if (named.TryGetValue("attribute", out object? attribute))
        {
            return Each(value).Select(item => Attribute(item, attribute) is var found and not Undefined
                ? found : named.GetValueOrDefault("default", Undefined.Value)).ToList();
        }

        return Each(value).Select(item => Apply(Text(arguments[0]), item, [.. arguments.Skip(1)], named)).ToList();
    }

    private static object? KeyOf(object? item, object? caseSensitive, object? attribute) =>
        Attribute(item, attribute) is var key && key is string text && !TemplateValues.IsTrue(caseSensitive) ? text.ToLowerInvariant() : key;

    /// <summary>Equal items keep their order, backwards too.</summary>
    private static List<object?> Sort(object? value, object? reverse, object? caseSensitive, object? attribute)
    {
        var comparer = Comparer<object?>.Create(TemplateValues.Compare);
        IReadOnlyList<object?> items = TemplateValues.Iterate(value);
        return [.. TemplateValues.IsTrue(reverse)
            ? items.OrderByDescending(item => KeyOf(item, caseSensitive, attribute), comparer)
            : items.OrderBy(item => KeyOf(item, caseSensitive, attribute), comparer)];
    }

    private static List<object?> Unique(object? value, object? caseSensitive, object? attribute)
    {
        var seen = new List<object?>();
        var kept = new List<object?>();
        foreach (object? item in TemplateValues.Iterate(value))
        {
            object? key = KeyOf(item, caseSensitive, attribute);
            if (seen.Exists(other => TemplateValues.AreEqual(other, key)))
                continue;
            seen.Add(key);
            kept.Add(item);
        }

        return kept;
    }

    private static object? Round(object? value, IReadOnlyList<object?> arguments, IReadOnlyDictionary<string, object?> named)
    {
        if (TemplateValues.Number(value) is not { } number)
            throw TemplateErrors.Value($"a {TemplateValues.NameOf(value)} cannot be rounded");
        int digits = (int)Math.Clamp(Whole(Argument(arguments, named, 0, "precision", 0L)), 0, 15);
        double scale = Math.Pow(10, digits);
        return Text(Argument(arguments, named, 1, "method", "common")) switch
        {
            "common" when value is long => value,
            "common" => Math.Round(number, digits),
            "ceil" => Math.Ceiling(number * scale) / scale,
            "floor" => Math.Floor(number * scale) / scale,
            var method => throw TemplateErrors.Value($"the way to round '{method}' is not known"),
        };
    }

    private static string Indent(object? value, IReadOnlyList<object?> arguments, IReadOnlyDictionary<string, object?> named)
    {
        object? width = Argument(arguments, named, 0, "width", 4L);
        string prefix = width as string ?? new string(' ', (int)Math.Clamp(Whole(width), 0, 256));
        bool first = TemplateValues.IsTrue(Argument(arguments, named, 1, "first", false));
        bool blank = TemplateValues.IsTrue(Argument(arguments, named, 2, "blank", false));
        string[] lines = Text(value).Split('\n');
        return string.Join('\n', lines.Select((line, i) => (i > 0 || first) && (blank || line.Length > 0) ? prefix + line : line));
    }
}
