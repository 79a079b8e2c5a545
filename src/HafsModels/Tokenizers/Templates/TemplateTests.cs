using System.Numerics;

namespace HafsModels.Tokenizers.Templates;

/// <summary>The tests of templates (<c>value is name</c>): a table by name.</summary>
internal static class TemplateTests
{
    private static readonly Dictionary<string, Func<object?, IReadOnlyList<object?>, TemplateWork, bool>> Tests = new(StringComparer.Ordinal)
    {
        ["defined"] = (value, _, _) => value is not Undefined,
        ["undefined"] = (value, _, _) => value is Undefined,
        ["none"] = (value, _, _) => value is null,
        ["string"] = (value, _, _) => value is string,
        ["number"] = (value, _, _) => value is long or double or bool or BigInteger,
        ["integer"] = (value, _, _) => value is long or BigInteger,
        ["float"] = (value, _, _) => value is double,
        ["boolean"] = (value, _, _) => value is bool,
        ["true"] = (value, _, _) => value is true,
        ["false"] = (value, _, _) => value is false,
        ["mapping"] = (value, _, _) => value is OrderedDictionary<string, object?>,
        ["sequence"] = (value, _, _) => value is Undefined or string or List<object?> or OrderedDictionary<string, object?>,
        ["iterable"] = (value, _, _) => value is Undefined or string or List<object?> or OrderedDictionary<string, object?>,
        ["callable"] = (value, _, _) => value is TemplateFunction or Undefined,
        ["odd"] = (value, _, work) => IsMultiple(value, 2L, 1, work),
        ["even"] = (value, _, work) => IsMultiple(value, 2L, 0, work),
        ["lower"] = (value, _, _) => TemplateMethods.IsCased(TemplateFilters.Text(value), char.IsLower, char.IsUpper),
        ["upper"] = (value, _, _) => TemplateMethods.IsCased(TemplateFilters.Text(value), char.IsUpper, char.IsLower),
        ["sameas"] = (value, arguments, work) => value?.GetType() == arguments[0]?.GetType() && TemplateValues.AreEqual(value, arguments[0], work),
        ["filter"] = (value, _, _) => value is string name && TemplateFilters.Knows(name),
        ["test"] = (value, _, _) => value is string name && (Signs!.ContainsKey(name) || Tests!.ContainsKey(name)),
        ["in"] = (value, arguments, work) => TemplateOperators.Contains(arguments[0], value, work),
        ["divisibleby"] = (value, arguments, work) => IsMultiple(value, arguments[0], 0, work),
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

    private static bool IsMultiple(object? value, object? of, double rest, TemplateWork work) => TemplateValues.Number(TemplateOperators.Apply("%", value, of, work)) == rest;

    /// <exception cref="HafsException">The test is not known or lacks an argument.</exception>
    public static bool Is(string name, object? value, IReadOnlyList<object?> arguments, TemplateWork work)
    {
        if (value is string)
            work.SpendOn(value);
        try
        {
            if (Signs.TryGetValue(name, out string? sign))
                return TemplateValues.IsTrue(TemplateOperators.Apply(sign, value, arguments[0], work));
            return Tests.TryGetValue(name, out Func<object?, IReadOnlyList<object?>, TemplateWork, bool>? test)
                ? test(value, arguments, work)
                : throw TemplateErrors.Value($"the test '{name}' is not known");
        }
        catch (Exception error) when (error is ArgumentOutOfRangeException or IndexOutOfRangeException)
        {
            throw TemplateErrors.Value($"the test '{name}' lacks an argument");
        }
    }

    /// <summary>Whether a value passes the test that a filter's arguments name; without one, whether it is true.</summary>
    public static bool Passes(object? value, IReadOnlyList<object?> arguments, int from, TemplateWork work) =>
        arguments.Count > from ? Is(TemplateFilters.Text(arguments[from]), value, [.. arguments.Skip(from + 1)], work) : TemplateValues.IsTrue(value);
}
