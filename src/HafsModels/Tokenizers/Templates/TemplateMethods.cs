namespace HafsModels.Tokenizers.Templates;

/// <summary>The methods of strings, lists and dictionaries that templates call: tables by name.</summary>
internal static class TemplateMethods
{
    private static readonly Dictionary<string, Func<string, IReadOnlyList<object?>, object?>> OfStrings = new(StringComparer.Ordinal)
    {
        ["strip"] = (text, arguments) => text.Trim(Characters(arguments)),
        ["lstrip"] = (text, arguments) => text.TrimStart(Characters(arguments)),
        ["rstrip"] = (text, arguments) => text.TrimEnd(Characters(arguments)),
        ["split"] = (text, arguments) => Split(text, arguments, fromEnd: false),
        ["rsplit"] = (text, arguments) => Split(text, arguments, fromEnd: true),
        ["splitlines"] = (text, _) => SplitLines(text),
        ["startswith"] = (text, arguments) => Any(arguments, what => text.StartsWith(what, StringComparison.Ordinal)),
        ["endswith"] = (text, arguments) => Any(arguments, what => text.EndsWith(what, StringComparison.Ordinal)),
        ["upper"] = (text, _) => text.ToUpperInvariant(),
        ["lower"] = (text, _) => text.ToLowerInvariant(),
        ["title"] = (text, _) => Title(text),
        ["capitalize"] = (text, _) => Capitalize(text),
        ["replace"] = (text, arguments) => Replace(text, Text(arguments, 0), Text(arguments, 1), arguments.Count > 2 ? TemplateFilters.Whole(arguments[2]) : -1),
        ["join"] = (text, arguments) => string.Join(text, TemplateValues.Iterate(arguments[0]).Select(item => item as string ?? throw TemplateErrors.Value($"a {TemplateValues.NameOf(item)} cannot be joined"))),
        ["find"] = (text, arguments) => Position(text, text.IndexOf(Text(arguments, 0), StringComparison.Ordinal)),
        ["rfind"] = (text, arguments) => Position(text, text.LastIndexOf(Text(arguments, 0), StringComparison.Ordinal)),
        ["index"] = (text, arguments) => Position(text, text.IndexOf(Text(arguments, 0), StringComparison.Ordinal)) is >= 0 and var at ? at : throw TemplateErrors.Value("a string does not hold what is looked for"),
        ["partition"] = (text, arguments) => Partition(text, Text(arguments, 0), text.IndexOf(Text(arguments, 0), StringComparison.Ordinal), fromEnd: false),
        ["rpartition"] = (text, arguments) => Partition(text, Text(arguments, 0), text.LastIndexOf(Text(arguments, 0), StringComparison.Ordinal), fromEnd: true),
        ["count"] = (text, arguments) => Text(arguments, 0) is { Length: > 0 } what ? text.Split(what).Length - 1L : text.Length + 1L,
        ["isdigit"] = (text, _) => text.Length > 0 && text.All(char.IsDigit),
        ["isalpha"] = (text, _) => text.Length > 0 && text.All(char.IsLetter),
        ["isalnum"] = (text, _) => text.Length > 0 && text.All(char.IsLetterOrDigit),
        ["isspace"] = (text, _) => text.Length > 0 && text.All(char.IsWhiteSpace),
        ["isupper"] = (text, _) => IsCased(text, char.IsUpper, char.IsLower),
        ["islower"] = (text, _) => IsCased(text, char.IsLower, char.IsUpper),
        ["ljust"] = (text, arguments) => text + Filling(text, arguments),
        ["rjust"] = (text, arguments) => Filling(text, arguments) + text,
        ["removeprefix"] = (text, arguments) => text.StartsWith(Text(arguments, 0), StringComparison.Ordinal) ? text[Text(arguments, 0).Length..] : text,
        ["removesuffix"] = (text, arguments) => text.EndsWith(Text(arguments, 0), StringComparison.Ordinal) ? text[..^Text(arguments, 0).Length] : text,
    };

    private static readonly Dictionary<string, Func<OrderedDictionary<string, object?>, IReadOnlyList<object?>, object?>> OfDictionaries = new(StringComparer.Ordinal)
    {
        ["items"] = (pairs, _) => TemplateFilters.Items(pairs),
        ["keys"] = (pairs, _) => pairs.Keys.Cast<object?>().ToList(),
        ["values"] = (pairs, _) => pairs.Values.ToList(),
        ["get"] = (pairs, arguments) => pairs.TryGetValue(TemplateValues.Key(arguments[0]), out object? value) ? value : arguments.Count > 1 ? arguments[1] : null,
    };

    private static readonly Dictionary<string, Func<List<object?>, IReadOnlyList<object?>, object?>> OfLists = new(StringComparer.Ordinal)
    {
        ["index"] = (items, arguments) => items.FindIndex(item => TemplateValues.AreEqual(item, arguments[0])) is >= 0 and var at ? (long)at : throw TemplateErrors.Value("a list does not hold what is looked for"),
        ["count"] = (items, arguments) => (long)items.Count(item => TemplateValues.AreEqual(item, arguments[0])),
    };

    /// <summary>A method of a value, or null.</summary>
    public static TemplateFunction? Find(object? value, string name) => value switch
    {
        string text when OfStrings.TryGetValue(name, out var method) => (arguments, _) => method(text, arguments),
        OrderedDictionary<string, object?> pairs when OfDictionaries.TryGetValue(name, out var method) => (arguments, _) => method(pairs, arguments),
        List<object?> items when OfLists.TryGetValue(name, out var method) => (arguments, _) => method(items, arguments),
        _ => null,
    };

    /// <summary>Whether there are letters of the one case and none of the other.</summary>
    public static bool IsCased(string text, Func<char, bool> wanted, Func<char, bool> other) => text.Any(wanted) && !text.Any(other);

    public static string Capitalize(string text) => text.Length == 0 ? text : char.ToUpperInvariant(text[0]) + text[1..].ToLowerInvariant();

    public static string Title(string text)
    {
        char[] chars = text.ToLowerInvariant().ToCharArray();
        for (int i = 0; i < chars.Length; i++)
        {
            if (char.IsLetter(chars[i]) && (i == 0 || !char.IsLetter(chars[i - 1])))
                chars[i] = char.ToUpperInvariant(chars[i]);
        }

        return new string(chars);
    }

    public static string Replace(string text, string what, string with, long times)
    {
        if (times < 0)
            return what.Length == 0 ? text : text.Replace(what, with, StringComparison.Ordinal);
        int from = 0;
        for (; times > 0 && what.Length > 0 && text.IndexOf(what, from, StringComparison.Ordinal) is var at and >= 0; times--)
        {
            text = string.Concat(text.AsSpan(0, at), with, text.AsSpan(at + what.Length));
            from = at + with.Length;
        }

        return text;
    }

    /// <summary>Python counts characters, not their halves.</summary>
    private static long Position(string text, int at) => at < 0 ? -1L : text[..at].EnumerateRunes().Count();

    private static TemplateTuple Partition(string text, string separator, int at, bool fromEnd) => at >= 0
        ? new TemplateTuple([text[..at], separator, text[(at + separator.Length)..]])
        : new TemplateTuple(fromEnd ? ["", "", text] : [text, "", ""]);

    private static string Filling(string text, IReadOnlyList<object?> arguments)
    {
        long missing = TemplateFilters.Whole(arguments[0]) - TemplateValues.Iterate(text).Count;
        string with = arguments.Count > 1 ? Text(arguments, 1) : " ";
        return missing <= 0 ? "" : missing <= 1_000_000 ? string.Concat(Enumerable.Repeat(with, (int)missing)) : throw TemplateErrors.TooMuch("a text is too long");
    }

    private static List<object?> SplitLines(string text)
    {
        string all = text.ReplaceLineEndings("\n");
        return all.Length == 0 ? [] : [.. (all.EndsWith('\n') ? all[..^1] : all).Split('\n')];
    }

    private static List<object?> Split(string text, IReadOnlyList<object?> arguments, bool fromEnd)
    {
        int limit = arguments.Count > 1 && TemplateFilters.Whole(arguments[1]) is >= 0 and < int.MaxValue and var most ? (int)most + 1 : int.MaxValue;
        if (arguments.Count == 0 || arguments[0] is null)
            return [.. text.Split((char[]?)null, limit, StringSplitOptions.RemoveEmptyEntries)];
        string separator = Text(arguments, 0);
        if (separator.Length == 0)
            throw TemplateErrors.Value("a string cannot be split at nothing");
        if (!fromEnd)
            return [.. text.Split(separator, limit)];
        var parts = new List<object?>();
        while (parts.Count + 1 < limit && text.LastIndexOf(separator, StringComparison.Ordinal) is var at and >= 0)
        {
            parts.Insert(0, text[(at + separator.Length)..]);
            text = text[..at];
        }

        parts.Insert(0, text);
        return parts;
    }

    private static char[]? Characters(IReadOnlyList<object?> arguments) => arguments.Count == 0 || arguments[0] is null ? null : Text(arguments, 0).ToCharArray();

    private static bool Any(IReadOnlyList<object?> arguments, Func<string, bool> matches) =>
        arguments.Count > 0 && arguments[0] is List<object?> choices ? choices.Any(choice => matches(TemplateFilters.Text(choice))) : matches(Text(arguments, 0));

    private static string Text(IReadOnlyList<object?> arguments, int index) => index < arguments.Count && arguments[index] is string text
        ? text
        : throw TemplateErrors.Value($"argument {index + 1} of a method must be a string");
}
