using System.Globalization;
using System.Numerics;
using System.Text;
using System.Text.RegularExpressions;

namespace HafsModels.Tokenizers.Templates;

/// <summary>The filters of templates: a table by name.</summary>
internal static partial class TemplateFilters
{
    private static readonly Dictionary<string, Filter> Filters = new(StringComparer.Ordinal)
    {
        ["trim"] = new(["chars?"], (value, arguments) => TemplateMethods.Strip(Text(value), arguments[0] is null ? null : Text(arguments[0]))),
        ["upper"] = new([], (value, _) => Text(value).ToUpperInvariant()),
        ["lower"] = new([], (value, _) => Text(value).ToLowerInvariant()),
        ["capitalize"] = new([], (value, _) => TemplateMethods.Capitalize(Text(value))),
        ["title"] = new([], (value, _) => WordEdge().Replace(Text(value), word => TemplateMethods.Capitalize(word.Value))),
        ["string"] = new([], (value, _) => TemplateValues.Show(value)),
        ["safe"] = new([], (value, _) => TemplateValues.Show(value)),
        ["e"] = new([], (value, _) => Escape(Text(value))),
        ["escape"] = new([], (value, _) => Escape(Text(value))),
        ["length"] = new([], Length),
        ["count"] = new([], Length),
        ["first"] = new([], (value, arguments) => TemplateValues.Iterate(value, arguments.Work) is [var first, ..] ? first : Undefined.Value),
        ["last"] = new([], (value, arguments) => TemplateValues.Iterate(value, arguments.Work) is [.., var last] ? last : Undefined.Value),
        ["list"] = new([], (value, arguments) => TemplateValues.Iterate(value, arguments.Work).ToList()),
        ["reverse"] = new([], (value, arguments) => TemplateValues.Iterate(value, arguments.Work).Reverse() is var items && value is string ? string.Concat(items) : items.ToList()),
        ["join"] = new(["d?", "attribute?"], (value, arguments) => Join(Text(arguments.Get(0, "")), All(value, arguments[1], arguments.Work).Select(TemplateValues.Show), arguments.Work)),
        ["default"] = new(["default_value?", "boolean?"], Default),
        ["d"] = new(["default_value?", "boolean?"], Default),
        ["replace"] = new(["old", "new", "count?"], (value, arguments) => TemplateMethods.Replace(Text(value), Text(arguments[0]), Text(arguments[1]), arguments[2] is { } count ? Whole(count) : -1, arguments.Work)),
        ["int"] = new(["default?"], ToInteger),
        ["float"] = new(["default?"], (value, arguments) => value is Undefined ? throw TemplateErrors.Value("an undefined value is no number") : TemplateValues.Number(value) ?? (double.TryParse(value as string, NumberStyles.Float, CultureInfo.InvariantCulture, out double number) ? number : arguments.Get(0, 0.0))),
        ["abs"] = new([], (value, _) => TemplateOperators.WholeOf(value) is { } whole and not long.MinValue ? (object)Math.Abs(whole) : Math.Abs(Number(value))),
        ["round"] = new(["precision?", "method?"], Round),
        ["items"] = new([], (value, _) => Items(value)),
        ["dictsort"] = new(["case_sensitive?", "by?", "reverse?"], (value, arguments) => Sort(Items(value), arguments.IsTrue(2), arguments.IsTrue(0), arguments[1] is "value" ? 1L : 0L, arguments.Work)),
        ["tojson"] = new(["ensure_ascii?", "indent?", "separators?", "sort_keys?"], (value, arguments) => TemplateJson.From(arguments).Write(value)),
        ["map"] = new(null, Map),
        ["selectattr"] = new(null, (value, arguments) => Where(value, arguments, item => TemplateTests.Passes(Attribute(item, arguments[0], arguments.Work), arguments.Values, 1, arguments.Work))),
        ["rejectattr"] = new(null, (value, arguments) => Where(value, arguments, item => !TemplateTests.Passes(Attribute(item, arguments[0], arguments.Work), arguments.Values, 1, arguments.Work))),
        ["select"] = new(null, (value, arguments) => Where(value, arguments, item => TemplateTests.Passes(item, arguments.Values, 0, arguments.Work))),
        ["reject"] = new(null, (value, arguments) => Where(value, arguments, item => !TemplateTests.Passes(item, arguments.Values, 0, arguments.Work))),
        ["sort"] = new(["reverse?", "case_sensitive?", "attribute?"], (value, arguments) => Sort(TemplateValues.Iterate(value, arguments.Work), arguments.IsTrue(0), arguments.IsTrue(1), arguments[2], arguments.Work)),
        ["unique"] = new(["case_sensitive?", "attribute?"], Unique),
        ["sum"] = new(["attribute?", "start?"], (value, arguments) => All(value, arguments[0], arguments.Work).Aggregate(arguments.Get(1, 0L), (total, item) => TemplateOperators.Apply("+", total, item, arguments.Work))),
        ["min"] = new(["case_sensitive?", "attribute?"], (value, arguments) => Extreme(value, arguments, largest: false)),
        ["max"] = new(["case_sensitive?", "attribute?"], (value, arguments) => Extreme(value, arguments, largest: true)),
        ["attr"] = new(["name"], (value, arguments) => TemplateMethods.Find(value, Text(arguments[0]), arguments.Work) ?? (object?)Undefined.Value),
        ["wordcount"] = new([], (value, _) => (long)Words().Count(Text(value))),
        ["batch"] = new(["linecount", "fill_with?"], Batch),
        ["indent"] = new(["width?", "first?", "blank?"], Indent),
    };

    private sealed record Filter(IReadOnlyList<string>? Parameters, Func<object?, TemplateArguments, object?> Apply);

    public static bool Knows(string name) => Filters.ContainsKey(name);

    /// <exception cref="HafsException">The filter is not known or cannot take the value or the arguments.</exception>
    public static object? Apply(string name, object? value, IReadOnlyList<object?> arguments, IReadOnlyDictionary<string, object?> named, TemplateWork work)
    {
        if (!Filters.TryGetValue(name, out Filter? filter))
            throw TemplateErrors.Value($"the filter '{name}' is not known");
        work.Spend(1);
        work.SpendOn(value);
        object? result = filter.Apply(value, TemplateArguments.Bind($"the filter '{name}'", filter.Parameters, arguments, named, work));
        if (result is List<object?> made)
            work.SpendItems(made.Count);
        return work.SpendOn(result);
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

    [GeneratedRegex(@"\w+")]
    private static partial Regex Words();

    private static double Number(object? value) => TemplateValues.Number(value) ?? throw TemplateErrors.Value($"a {TemplateValues.NameOf(value)} stands where a number is needed");

    private static object? Default(object? value, TemplateArguments arguments) =>
        value is Undefined || (arguments.IsTrue(1) && !TemplateValues.IsTrue(value)) ? arguments.Get(0, "") : value;

    private static object? Length(object? value, TemplateArguments arguments) =>
        (long)(value is string text ? TemplateRunes.Of(text, arguments.Work).Count : TemplateValues.Iterate(value, arguments.Work).Count);

    private static object? ToInteger(object? value, TemplateArguments arguments)
    {
        if (value is Undefined or BigInteger)
            return value is Undefined ? throw TemplateErrors.Value("an undefined value is no number") : value;
        if (TemplateValues.Number(value) is { } number && double.IsFinite(number))
            return Math.Abs(number) < long.MaxValue ? (object)(long)number : new BigInteger(number);
        string? text = (value as string)?.Trim();
        if (long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long parsed))
            return parsed;
        return double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out double real) && Math.Abs(real) < long.MaxValue ? (long)real : arguments.Get(0, 0L);
    }

    private static string Escape(string text) => text.Replace("&", "&amp;", StringComparison.Ordinal).Replace("<", "&lt;", StringComparison.Ordinal)
        .Replace(">", "&gt;", StringComparison.Ordinal).Replace("'", "&#39;", StringComparison.Ordinal).Replace("\"", "&#34;", StringComparison.Ordinal);

    /// <summary>The length is checked while texts are added, so that many long ones are never held at once.</summary>
    public static string Join(string separator, IEnumerable<string> texts, TemplateWork work)
    {
        var joined = new StringBuilder();
        string before = "";
        foreach (string text in texts)
        {
            work.SpendText(before.Length + text.Length);
            if ((long)joined.Length + before.Length + text.Length > TemplateWork.MaximumText)
                throw TemplateErrors.TooMuch($"a text has more than {TemplateWork.MaximumText:N0} characters");
            joined.Append(before).Append(text);
            before = separator;
        }

        return joined.ToString();
    }

    private static List<object?> Where(object? value, TemplateArguments arguments, Func<object?, bool> keep) => [.. Each(value, arguments.Work).Where(keep)];

    /// <summary>What map and select go through: nothing of what is false, though it may be no list.</summary>
    private static IReadOnlyList<object?> Each(object? value, TemplateWork work) => TemplateValues.IsTrue(value) ? TemplateValues.Iterate(value, work) : [];

    private static object? Attribute(object? item, object? attribute, TemplateWork work)
    {
        if (attribute is null or long)
            return attribute is null ? item : TemplateOperators.Member(item, attribute, work);
        return Parts(Text(attribute), '.', work).Aggregate(item, (value, name) => TemplateOperators.Member(value, long.TryParse(name, NumberStyles.None, CultureInfo.InvariantCulture, out long index) ? index : name, work));
    }

    /// <summary>The names that an attribute is made of; every one beyond the first is a step.</summary>
    private static string[] Parts(string attribute, char separator, TemplateWork work)
    {
        work.Spend(attribute.AsSpan().Count(separator));
        return attribute.Split(separator);
    }

    private static IEnumerable<object?> All(object? value, object? attribute, TemplateWork work) => TemplateValues.Iterate(value, work).Select(item => Attribute(item, attribute, work));

    private static List<object?> Map(object? value, TemplateArguments arguments)
    {
        IReadOnlyList<object?> items = Each(value, arguments.Work);
        if (arguments.Named.TryGetValue("attribute", out object? attribute))
        {
            return items.Select(item => Attribute(item, attribute, arguments.Work) is var found and not Undefined
                ? found : arguments.Named.GetValueOrDefault("default", Undefined.Value)).ToList();
        }

        return items.Select(item => Apply(Text(arguments[0]), item, [.. arguments.Values.Skip(1)], arguments.Named, arguments.Work)).ToList();
    }

    /// <summary>What an item is sorted by; attributes with commas between them make a list.</summary>
    private static object? KeyOf(object? item, bool caseSensitive, object? attribute, TemplateWork work) => attribute is string names && names.Contains(',', StringComparison.Ordinal)
        ? Parts(names, ',', work).Select(name => KeyOf(item, caseSensitive, name, work)).ToList()
        : Attribute(item, attribute, work) is var key && key is string text && !caseSensitive ? text.ToLowerInvariant() : key;

    /// <summary>Equal items keep their order, backwards too.</summary>
    private static List<object?> Sort(IReadOnlyList<object?> items, bool reverse, bool caseSensitive, object? attribute, TemplateWork work)
    {
        var comparer = Comparer<object?>.Create((left, right) => TemplateValues.AreEqual(left, right, work) ? 0 : TemplateValues.Compare(left, right, work));
        try
        {
            return [.. reverse
                ? items.OrderByDescending(item => KeyOf(item, caseSensitive, attribute, work), comparer)
                : items.OrderBy(item => KeyOf(item, caseSensitive, attribute, work), comparer)];
        }
        catch (InvalidOperationException error) when (error.InnerException is HafsException inner)
        {
            throw inner;
        }
    }

    private static object? Extreme(object? value, TemplateArguments arguments, bool largest) =>
        Sort(TemplateValues.Iterate(value, arguments.Work), largest, arguments.IsTrue(0), arguments[1], arguments.Work).FirstOrDefault(Undefined.Value);

    private static List<object?> Unique(object? value, TemplateArguments arguments)
    {
        var seen = new List<object?>();
        var kept = new List<object?>();
        foreach (object? item in TemplateValues.Iterate(value, arguments.Work))
        {
            object? key = KeyOf(item, arguments.IsTrue(0), arguments[1], arguments.Work);
            if (key is OrderedDictionary<string, object?> or (List<object?> and not TemplateTuple))
                throw TemplateErrors.Value($"a {TemplateValues.NameOf(key)} cannot be compared for uniqueness");
            if (seen.Exists(other => TemplateValues.AreEqual(other, key, arguments.Work)))
                continue;
            seen.Add(key);
            kept.Add(item);
        }

        return kept;
    }

    private static List<object?> Batch(object? value, TemplateArguments arguments)
    {
        int size = (int)Math.Clamp(Whole(arguments[0]), 1, int.MaxValue);
        List<object?> rows = [.. TemplateValues.Iterate(value, arguments.Work).Chunk(size).Select(chunk => (object?)chunk.ToList())];
        if (arguments[1] is { } filling && rows is [.., List<object?> last])
        {
            arguments.Work.SpendItems(size);
            last.AddRange(Enumerable.Repeat(filling, size - last.Count));
        }

        return rows;
    }

    private static object? Round(object? value, TemplateArguments arguments)
    {
        double number = Number(value);
        int digits = (int)Math.Clamp(Whole(arguments.Get(0, 0L)), 0, 15);
        double scale = Math.Pow(10, digits);
        return Text(arguments.Get(1, "common")) switch
        {
            "common" when TemplateOperators.WholeOf(value) is { } whole => whole,
            "common" => (object)Math.Round(number, digits),
            "ceil" => Math.Ceiling(number * scale) / scale,
            "floor" => Math.Floor(number * scale) / scale,
            var method => throw TemplateErrors.Value($"the way to round '{method}' is not known"),
        };
    }

    /// <summary>The first line is moved in even where it is blank; others only when asked.</summary>
    private static string Indent(object? value, TemplateArguments arguments)
    {
        object? width = arguments.Get(0, 4L);
        string prefix = width as string ?? new string(' ', (int)Math.Clamp(Whole(width), 0, 256));
        bool first = arguments.IsTrue(1);
        bool blank = arguments.IsTrue(2);
        string text = value as string ?? (value is Undefined ? "" : throw TemplateErrors.Value($"a {TemplateValues.NameOf(value)} cannot be indented"));
        IEnumerable<string> lines = TemplateSplits.AtLines(text + "\n", keepEnds: false, arguments.Work);
        return Join("\n", lines.Select((line, i) => (i == 0 ? first : blank || line.Length > 0) ? prefix + line : line), arguments.Work);
    }
}
