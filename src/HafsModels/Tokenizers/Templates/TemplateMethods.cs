using System.Buffers;
using System.Text;

namespace HafsModels.Tokenizers.Templates;

/// <summary>The methods of strings, lists and dictionaries that templates call, with Python's meaning: tables by name.</summary>
internal static class TemplateMethods
{
    private static readonly Dictionary<string, Method<string>> OfStrings = new(StringComparer.Ordinal)
    {
        ["strip"] = new(["chars?"], (text, arguments) => Strip(text, Optional(arguments, 0))),
        ["lstrip"] = new(["chars?"], (text, arguments) => Strip(text, Optional(arguments, 0), end: false)),
        ["rstrip"] = new(["chars?"], (text, arguments) => Strip(text, Optional(arguments, 0), start: false)),
        ["split"] = new(["sep?", "maxsplit?"], (text, arguments) => Split(arguments, text, fromEnd: false)),
        ["rsplit"] = new(["sep?", "maxsplit?"], (text, arguments) => Split(arguments, text, fromEnd: true)),
        ["splitlines"] = new(["keepends?"], (text, arguments) => TemplateSplits.AtLines(text, arguments.IsTrue(0), arguments.Work).Cast<object?>().ToList()),
        ["startswith"] = new(["prefix"], (text, arguments) => Any(arguments, what => text.StartsWith(what, StringComparison.Ordinal))),
        ["endswith"] = new(["suffix"], (text, arguments) => Any(arguments, what => text.EndsWith(what, StringComparison.Ordinal))),
        ["upper"] = new([], (text, _) => text.ToUpperInvariant()),
        ["lower"] = new([], (text, _) => text.ToLowerInvariant()),
        ["casefold"] = new([], (text, _) => text.ToLowerInvariant()),
        ["title"] = new([], (text, _) => Title(text)),
        ["capitalize"] = new([], (text, _) => Capitalize(text)),
        ["replace"] = new(["old", "new", "count?"], (text, arguments) => Replace(text, arguments.Text(0), arguments.Text(1), TemplateFilters.Whole(arguments.Get(2, -1L)), arguments.Work)),
        ["join"] = new(["iterable"], (text, arguments) => TemplateFilters.Join(text, TemplateValues.Iterate(arguments[0], arguments.Work).Select(item => item as string ?? throw TemplateErrors.Value($"a {TemplateValues.NameOf(item)} cannot be joined")), arguments.Work)),
        ["find"] = new(["sub"], (text, arguments) => Position(text, text.IndexOf(arguments.Text(0), StringComparison.Ordinal))),
        ["rfind"] = new(["sub"], (text, arguments) => Position(text, LastIndexOf(text, arguments.Text(0)))),
        ["index"] = new(["sub"], (text, arguments) => Position(text, text.IndexOf(arguments.Text(0), StringComparison.Ordinal)) is >= 0 and var at ? at : throw TemplateErrors.Value("a string does not hold what is looked for")),
        ["partition"] = new(["sep"], (text, arguments) => Partition(text, Separator(arguments), text.IndexOf(arguments.Text(0), StringComparison.Ordinal), fromEnd: false)),
        ["rpartition"] = new(["sep"], (text, arguments) => Partition(text, Separator(arguments), text.LastIndexOf(arguments.Text(0), StringComparison.Ordinal), fromEnd: true)),
        ["count"] = new(["sub"], (text, arguments) => arguments.Text(0) is { Length: > 0 } what ? text.AsSpan().Count(what) : TemplateRunes.Of(text, arguments.Work).Count + 1L),
        ["isdigit"] = new([], (text, _) => text.Length > 0 && text.All(char.IsDigit)),
        ["isdecimal"] = new([], (text, _) => text.Length > 0 && text.All(char.IsDigit)),
        ["isnumeric"] = new([], (text, _) => text.Length > 0 && text.All(char.IsNumber)),
        ["isalpha"] = new([], (text, _) => text.Length > 0 && text.All(char.IsLetter)),
        ["isalnum"] = new([], (text, _) => text.Length > 0 && text.All(c => char.IsLetter(c) || char.IsNumber(c))),
        ["isspace"] = new([], (text, _) => text.Length > 0 && text.All(TemplateSplits.IsSpace)),
        ["isupper"] = new([], (text, _) => IsCased(text, char.IsUpper, char.IsLower)),
        ["islower"] = new([], (text, _) => IsCased(text, char.IsLower, char.IsUpper)),
        ["ljust"] = new(["width", "fillchar?"], (text, arguments) => text + Filling(text, arguments)),
        ["rjust"] = new(["width", "fillchar?"], (text, arguments) => Filling(text, arguments) + text),
        ["removeprefix"] = new(["prefix"], (text, arguments) => text.StartsWith(arguments.Text(0), StringComparison.Ordinal) ? text[arguments.Text(0).Length..] : text),
        ["removesuffix"] = new(["suffix"], (text, arguments) => text.EndsWith(arguments.Text(0), StringComparison.Ordinal) ? text[..^arguments.Text(0).Length] : text),
    };

    private static readonly Dictionary<string, Method<OrderedDictionary<string, object?>>> OfDictionaries = new(StringComparer.Ordinal)
    {
        ["items"] = new([], (pairs, _) => TemplateFilters.Items(pairs)),
        ["keys"] = new([], (pairs, _) => pairs.Keys.Cast<object?>().ToList()),
        ["values"] = new([], (pairs, _) => pairs.Values.ToList()),
        ["get"] = new(["key", "default?"], (pairs, arguments) => pairs.TryGetValue(TemplateValues.Key(arguments[0]), out object? value) ? value : arguments[1]),
    };

    private static readonly Dictionary<string, Method<List<object?>>> OfLists = new(StringComparer.Ordinal)
    {
        ["index"] = new(["value"], (items, arguments) => items.FindIndex(item => TemplateValues.AreEqual(item, arguments[0], arguments.Work)) is >= 0 and var at ? (long)at : throw TemplateErrors.Value("a list does not hold what is looked for")),
        ["count"] = new(["value"], (items, arguments) => (long)items.Count(item => TemplateValues.AreEqual(item, arguments[0], arguments.Work))),
    };

    private sealed record Method<T>(IReadOnlyList<string> Parameters, Func<T, TemplateArguments, object?> Apply);

    /// <summary>A method of a value, or null.</summary>
    public static TemplateFunction? Find(object? value, string name, TemplateWork work) => value switch
    {
        string text => Bound(text, name, OfStrings, work),
        OrderedDictionary<string, object?> pairs => Bound(pairs, name, OfDictionaries, work),
        List<object?> items => Bound(items, name, OfLists, work),
        _ => null,
    };

    private static TemplateFunction? Bound<T>(T value, string name, Dictionary<string, Method<T>> methods, TemplateWork work)
    {
        if (!methods.TryGetValue(name, out Method<T>? method))
            return null;
        return (arguments, named) =>
        {
            work.SpendOn(value);
            return method.Apply(value, TemplateArguments.Bind($"'{name}'", method.Parameters, arguments, named, work));
        };
    }

    /// <summary>Whether there are letters of the one case and none of the other.</summary>
    public static bool IsCased(string text, Func<char, bool> wanted, Func<char, bool> other) => text.Any(wanted) && !text.Any(other);

    public static string Capitalize(string text) => text.Length == 0 ? text : char.ToUpperInvariant(text[0]) + text[1..].ToLowerInvariant();

    /// <summary>Takes white space, or characters that are given, from both ends or one.</summary>
    public static string Strip(string text, string? characters, bool start = true, bool end = true)
    {
        SearchValues<char> going = characters is null ? TemplateSplits.Spaces : SearchValues.Create(characters);
        int from = !start ? 0 : text.AsSpan().IndexOfAnyExcept(going) is >= 0 and var first ? first : text.Length;
        int to = !end ? text.Length : text.AsSpan(from).LastIndexOfAnyExcept(going) is >= 0 and var last ? from + last + 1 : from;
        return text[from..to];
    }

    public static string Replace(string text, string what, string with, long times, TemplateWork work)
    {
        TemplateRunes runes = TemplateRunes.Of(text, work);
        long found = what.Length == 0 ? runes.Count + 1L : text.AsSpan().Count(what);
        found = times < 0 ? found : Math.Min(found, times);
        work.SpendText(text.Length + (found * ((long)with.Length - what.Length)));
        var result = new StringBuilder();
        if (what.Length == 0)
        {
            // Nothing is found before each character, and at the end.
            for (int i = 0; i < found; i++)
                result.Append(with).Append(i < runes.Count ? runes.Take(i, i + 1) : "");
            return result.Append(found < runes.Count ? runes.Take((int)found, runes.Count) : "").ToString();
        }

        int from = 0;
        for (; found > 0; found--)
        {
            int at = text.IndexOf(what, from, StringComparison.Ordinal);
            result.Append(text, from, at - from).Append(with);
            from = at + what.Length;
        }

        return result.Append(text, from, text.Length - from).ToString();
    }

    private static string Title(string text)
    {
        char[] chars = text.ToLowerInvariant().ToCharArray();
        for (int i = 0; i < chars.Length; i++)
        {
            if (char.IsLetter(chars[i]) && (i == 0 || !char.IsLetter(chars[i - 1])))
                chars[i] = char.ToUpperInvariant(chars[i]);
        }

        return new string(chars);
    }

    /// <summary>Python counts characters, not their halves.</summary>
    private static long Position(string text, int at) => at < 0 ? -1L : text[..at].EnumerateRunes().Count();

    /// <summary>Nothing is found at the end.</summary>
    private static int LastIndexOf(string text, string what) => what.Length == 0 ? text.Length : text.LastIndexOf(what, StringComparison.Ordinal);

    private static TemplateTuple Partition(string text, string separator, int at, bool fromEnd) => at >= 0
        ? new TemplateTuple([text[..at], separator, text[(at + separator.Length)..]])
        : new TemplateTuple(fromEnd ? ["", "", text] : [text, "", ""]);

    private static string Filling(string text, TemplateArguments arguments)
    {
        string with = arguments[1] is null ? " " : arguments.Text(1);
        if (with.Length != 1)
            throw TemplateErrors.Value("a text is filled with one character");
        long missing = TemplateFilters.Whole(arguments[0]) - TemplateRunes.Of(text, arguments.Work).Count;
        arguments.Work.SpendText(Math.Max(missing, 0));
        return new string(with[0], (int)Math.Max(missing, 0));
    }

    private static List<object?> Split(TemplateArguments arguments, string text, bool fromEnd)
    {
        long limit = TemplateFilters.Whole(arguments.Get(1, -1L)) is >= 0 and var most ? most : long.MaxValue;
        return arguments[0] is null
            ? TemplateSplits.AtSpaces(text, limit, fromEnd, arguments.Work)
            : TemplateSplits.At(text, Separator(arguments), limit, fromEnd, arguments.Work);
    }

    private static string? Optional(TemplateArguments arguments, int parameter) => arguments[parameter] is null ? null : arguments.Text(parameter);

    private static string Separator(TemplateArguments arguments) => arguments.Text(0) is { Length: > 0 } separator ? separator : throw TemplateErrors.Value("a string cannot be split at nothing");

    private static bool Any(TemplateArguments arguments, Func<string, bool> matches) =>
        arguments[0] is TemplateTuple choices ? choices.Any(choice => matches(TemplateFilters.Text(choice))) : matches(arguments.Text(0));
}
