using System.Globalization;

namespace HafsModels.Tokenizers.Templates;

/// <summary>The filters and tests of templates: tables by name.</summary>
internal static class TemplateFilters
{
    private delegate object? Filter(object? value, IReadOnlyList<object?> arguments, IReadOnlyDictionary<string, object?> named);

    private static readonly Dictionary<string, Filter> Filters = new(StringComparer.Ordinal)
    {
        ["trim"] = (value, arguments, _) => arguments.Count > 0 ? Text(value).Trim(Text(arguments[0]).ToCharArray()) : Text(value).Trim(),
        ["upper"] = (value, _, _) => Text(value).ToUpperInvariant(),
        ["lower"] = (value, _, _) => Text(value).ToLowerInvariant(),
        ["capitalize"] = (value, _, _) => TemplateMethods.Capitalize(Text(value)),
        ["title"] = (value, _, _) => TemplateMethods.Title(Text(value)),
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
        ["join"] = (value, arguments, named) => string.Join(Text(Argument(arguments, named, 0, "d", "")), TemplateValues.Iterate(value).Select(item => TemplateValues.Show(Attribute(item, named.GetValueOrDefault("attribute"))))),
        ["default"] = Default,
        ["d"] = Default,
        ["replace"] = (value, arguments, _) => TemplateMethods.Replace(Text(value), Text(arguments[0]), Text(arguments[1]), arguments.Count > 2 ? Whole(arguments[2]) : -1),
        ["int"] = (value, arguments, _) => ToInteger(value, arguments),
        ["float"] = (value, arguments, _) => TemplateValues.Number(value) ?? (double.TryParse(value as string, NumberStyles.Float, CultureInfo.InvariantCulture, out double number) ? number : arguments.Count > 0 ? arguments[0] : 0.0),
        ["abs"] = (value, _, _) => value is long whole ? (object)Math.Abs(whole) : Math.Abs(TemplateValues.Number(value) ?? 0),
        ["round"] = (value, arguments, _) => Math.Round(TemplateValues.Number(value) ?? 0, arguments.Count > 0 ? (int)Math.Clamp(Whole(arguments[0]), 0, 15) : 0),
        ["items"] = (value, _, _) => Items(value),
        ["dictsort"] = (value, _, _) => Items(value).OrderBy(pair => Text(((List<object?>)pair!)[0]), StringComparer.OrdinalIgnoreCase).ToList(),
        ["tojson"] = (value, arguments, named) => TemplateValues.ToJson(value, Argument(arguments, named, 0, "indent", null) is long indent ? (int)Math.Clamp(indent, 0, 16) : null),
        ["map"] = Map,
        ["selectattr"] = (value, arguments, _) => Where(value, item => Passes(Attribute(item, arguments[0]), arguments, 1)),
        ["rejectattr"] = (value, arguments, _) => Where(value, item => !Passes(Attribute(item, arguments[0]), arguments, 1)),
        ["select"] = (value, arguments, _) => Where(value, item => Passes(item, arguments, 0)),
        ["reject"] = (value, arguments, _) => Where(value, item => !Passes(item, arguments, 0)),
        ["sort"] = (value, _, named) => Sort(value, named),
        ["unique"] = (value, _, _) => Unique(value),
        ["sum"] = (value, _, _) => TemplateValues.Iterate(value).Aggregate((object?)0L, (total, item) => TemplateOperators.Apply("+", total, item)),
        ["min"] = (value, _, _) => TemplateValues.Iterate(value).Order(Comparer<object?>.Create(TemplateValues.Compare)).FirstOrDefault(Undefined.Value),
        ["max"] = (value, _, _) => TemplateValues.Iterate(value).OrderDescending(Comparer<object?>.Create(TemplateValues.Compare)).FirstOrDefault(Undefined.Value),
        ["indent"] = Indent,
    };

    private static readonly Dictionary<string, Func<object?, IReadOnlyList<object?>, bool>> Tests = new(StringComparer.Ordinal)
    {
        ["defined"] = (value, _) => value is not Undefined,
        ["undefined"] = (value, _) => value is Undefined,
        ["none"] = (value, _) => value is null,
        ["string"] = (value, _) => value is string,
        ["number"] = (value, _) => value is long or double,
        ["integer"] = (value, _) => value is long,
        ["float"] = (value, _) => value is double,
        ["boolean"] = (value, _) => value is bool,
        ["true"] = (value, _) => value is true,
        ["false"] = (value, _) => value is false,
        ["mapping"] = (value, _) => value is OrderedDictionary<string, object?>,
        ["sequence"] = (value, _) => value is string or List<object?> or OrderedDictionary<string, object?>,
        ["iterable"] = (value, _) => value is string or List<object?> or OrderedDictionary<string, object?>,
        ["callable"] = (value, _) => value is TemplateFunction,
        ["odd"] = (value, _) => value is long number && number % 2 != 0,
        ["even"] = (value, _) => value is long number && number % 2 == 0,
        ["lower"] = (value, _) => value is string text && !text.Any(char.IsUpper),
        ["upper"] = (value, _) => value is string text && !text.Any(char.IsLower),
        ["equalto"] = (value, arguments) => TemplateValues.AreEqual(value, arguments[0]),
        ["eq"] = (value, arguments) => TemplateValues.AreEqual(value, arguments[0]),
        ["ne"] = (value, arguments) => !TemplateValues.AreEqual(value, arguments[0]),
        ["in"] = (value, arguments) => TemplateOperators.Contains(arguments[0], value),
        ["divisibleby"] = (value, arguments) => value is long number && Whole(arguments[0]) is var by and not 0 && number % by == 0,
    };

    public static object? Apply(string name, object? value, IReadOnlyList<object?> arguments, IReadOnlyDictionary<string, object?> named)
    {
        if (!Filters.TryGetValue(name, out Filter? filter))
            throw TemplateErrors.Value($"the filter '{name}' is not known");
        return Guard(name, () => filter(value, arguments, named));
    }

    public static bool Is(string name, object? value, IReadOnlyList<object?> arguments)
    {
        if (!Tests.TryGetValue(name, out Func<object?, IReadOnlyList<object?>, bool>? test))
            throw TemplateErrors.Value($"the test '{name}' is not known");
        return Guard(name, () => test(value, arguments));
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
        OrderedDictionary<string, object?> pairs => [.. pairs.Select(pair => (object?)new List<object?> { pair.Key, pair.Value })],
        Undefined => [],
        _ => throw TemplateErrors.Value($"a {TemplateValues.NameOf(value)} has no items"),
    };

    /// <summary>A missing argument shows as an index out of range.</summary>
    private static T Guard<T>(string name, Func<T> call)
    {
        try
        {
            return call();
        }
        catch (ArgumentOutOfRangeException)
        {
            throw TemplateErrors.Value($"'{name}' lacks an argument");
        }
    }

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
        return long.TryParse((value as string)?.Trim(), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long parsed) ? parsed : arguments.Count > 0 ? arguments[0] : 0L;
    }

    private static string Escape(string text) => text.Replace("&", "&amp;", StringComparison.Ordinal).Replace("<", "&lt;", StringComparison.Ordinal)
        .Replace(">", "&gt;", StringComparison.Ordinal).Replace("'", "&#39;", StringComparison.Ordinal).Replace("\"", "&#34;", StringComparison.Ordinal);

    private static List<object?> Where(object? value, Func<object?, bool> keep) => [.. TemplateValues.Iterate(value).Where(keep)];

    private static bool Passes(object? value, IReadOnlyList<object?> arguments, int from) =>
        arguments.Count > from ? Is(Text(arguments[from]), value, [.. arguments.Skip(from + 1)]) : TemplateValues.IsTrue(value);

    private static object? Attribute(object? item, object? attribute) =>
        attribute is null ? item : Text(attribute).Split('.').Aggregate(item, (value, name) => TemplateOperators.Member(value, name));

    private static List<object?> Map(object? value, IReadOnlyList<object?> arguments, IReadOnlyDictionary<string, object?> named)
    {
        if (named.TryGetValue("attribute", out object? attribute))
        {
            return TemplateValues.Iterate(value).Select(item => Attribute(item, attribute) is var found and not Undefined
                ? found : named.GetValueOrDefault("default", Undefined.Value)).ToList();
        }

        return TemplateValues.Iterate(value).Select(item => Apply(Text(arguments[0]), item, [.. arguments.Skip(1)], named)).ToList();
    }

    private static List<object?> Sort(object? value, IReadOnlyDictionary<string, object?> named)
    {
        object? Key(object? item)
        {
            object? key = Attribute(item, named.GetValueOrDefault("attribute"));
            return key is string text && !TemplateValues.IsTrue(named.GetValueOrDefault("case_sensitive")) ? text.ToLowerInvariant() : key;
        }

        IEnumerable<object?> sorted = TemplateValues.Iterate(value).OrderBy(Key, Comparer<object?>.Create(TemplateValues.Compare));
        return [.. TemplateValues.IsTrue(named.GetValueOrDefault("reverse")) ? sorted.Reverse() : sorted];
    }

    private static List<object?> Unique(object? value)
    {
        var seen = new List<object?>();
        foreach (object? item in TemplateValues.Iterate(value))
        {
            if (!seen.Any(other => TemplateValues.AreEqual(other, item)))
                seen.Add(item);
        }

        return seen;
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
