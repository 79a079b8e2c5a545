namespace HafsModels.Tokenizers.Templates;

/// <summary>The tests of templates (<c>value is name</c>): a table by name.</summary>
internal static class TemplateTests
{
    private static readonly Dictionary<string, Func<object?, IReadOnlyList<object?>, bool>> Tests = new(StringComparer.Ordinal)
    {
        ["defined"] = (value, _) => value is not Undefined,
        ["undefined"] = (value, _) => value is Undefined,
        ["none"] = (value, _) => value is null,
        ["string"] = (value, _) => value is string,
        ["number"] = (value, _) => value is long or double or bool,
        ["integer"] = (value, _) => value is long,
        ["float"] = (value, _) => value is double,
        ["boolean"] = (value, _) => value is bool,
        ["true"] = (value, _) => value is true,
        ["false"] = (value, _) => value is false,
        ["mapping"] = (value, _) => value is OrderedDictionary<string, object?>,
        ["sequence"] = (value, _) => value is Undefined or string or List<object?> or OrderedDictionary<string, object?>,
        ["iterable"] = (value, _) => value is Undefined or string or List<object?> or OrderedDictionary<string, object?>,
        ["callable"] = (value, _) => value is TemplateFunction,
        ["odd"] = (value, _) => value is long number && number % 2 != 0,
        ["even"] = (value, _) => value is long number && number % 2 == 0,
        ["lower"] = (value, _) => TemplateMethods.IsCased(TemplateFilters.Text(value), char.IsLower, char.IsUpper),
        ["upper"] = (value, _) => TemplateMethods.IsCased(TemplateFilters.Text(value), char.IsUpper, char.IsLower),
        ["sameas"] = (value, arguments) => value?.GetType() == arguments[0]?.GetType() && TemplateValues.AreEqual(value, arguments[0]),
        ["filter"] = (value, _) => value is string name && TemplateFilters.Knows(name),
        ["test"] = (value, _) => value is string name && (Signs!.ContainsKey(name) || Tests!.ContainsKey(name)),
        ["in"] = (value, arguments) => TemplateOperators.Contains(arguments[0], value),
        ["divisibleby"] = (value, arguments) => value is long number && TemplateFilters.Whole(arguments[0]) is var by and not 0 && number % by == 0,
    };

    /// <summary>The tests that are signs between values, by each of their names.</summary>
    private static readonly Dictionary<string, string> Signs = new(StringComparer.Ordinal)
    {
        ["equalto"] = "==",
        ["eq"] = "==",
        ["=="] = "==",
        ["ne"] = "!=",
        ["!="] = "!=",
        ["lt"] = "<",
        ["<"] = "<",
        ["lessthan"] = "<",
        ["le"] = "<=",
        ["<="] = "<=",
        ["gt"] = ">",
        [">"] = ">",
        ["greaterthan"] = ">",
        ["ge"] = ">=",
        [">="] = ">=",
    };

    /// <exception cref="HafsException">The test is not known or lacks an argument.</exception>
    public static bool Is(string name, object? value, IReadOnlyList<object?> arguments)
    {
        try
        {
            if (Signs.TryGetValue(name, out string? sign))
                return TemplateValues.IsTrue(TemplateOperators.Apply(sign, value, arguments[0]));
            return Tests.TryGetValue(name, out Func<object?, IReadOnlyList<object?>, bool>? test)
                ? test(value, arguments)
                : throw TemplateErrors.Value($"the test '{name}' is not known");
        }
        catch (Exception error) when (error is ArgumentOutOfRangeException or IndexOutOfRangeException)
        {
            throw TemplateErrors.Value($"the test '{name}' lacks an argument");
        }
    }

    /// <summary>Whether a value passes the test that a filter's arguments name; without one, whether it is true.</summary>
    public static bool Passes(object? value, IReadOnlyList<object?> arguments, int from) =>
        arguments.Count > from ? Is(TemplateFilters.Text(arguments[from]), value, [.. arguments.Skip(from + 1)]) : TemplateValues.IsTrue(value);
}
