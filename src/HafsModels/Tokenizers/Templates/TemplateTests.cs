using System.Collections.Frozen;
using System.Numerics;

namespace HafsModels.Tokenizers.Templates;

/// <summary>The tests of templates (<c>value is name</c>): a table by name.</summary>
internal static class TemplateTests
{
    private static readonly Dictionary<string, Test> Tests = new(StringComparer.Ordinal)
    {
        ["defined"] = new([], (value, _) => value is not Undefined),
        ["undefined"] = new([], (value, _) => value is Undefined),
        ["none"] = new([], (value, _) => value is null),
        ["string"] = new([], (value, _) => value is string),
        ["number"] = new([], (value, _) => value is long or double or bool or BigInteger),
        ["integer"] = new([], (value, _) => value is long or BigInteger),
        ["float"] = new([], (value, _) => value is double),
        ["boolean"] = new([], (value, _) => value is bool),
        ["true"] = new([], (value, _) => value is true),
        ["false"] = new([], (value, _) => value is false),
        ["mapping"] = new([], (value, _) => value is OrderedDictionary<string, object?>),
        ["sequence"] = new([], (value, _) => value is Undefined or string or List<object?> or OrderedDictionary<string, object?>),
        ["iterable"] = new([], (value, _) => value is Undefined or string or List<object?> or OrderedDictionary<string, object?>),
        ["callable"] = new([], (value, _) => value is TemplateFunction or Undefined),
        ["odd"] = new([], (value, arguments) => IsMultiple(value, 2L, 1, arguments.Work)),
        ["even"] = new([], (value, arguments) => IsMultiple(value, 2L, 0, arguments.Work)),
        ["lower"] = new([], (value, _) => TemplateMethods.IsCased(TemplateFilters.Text(value), char.IsLower, char.IsUpper)),
        ["upper"] = new([], (value, _) => TemplateMethods.IsCased(TemplateFilters.Text(value), char.IsUpper, char.IsLower)),
        ["sameas"] = new(["other"], (value, arguments) => value?.GetType() == arguments[0]?.GetType() && TemplateValues.AreEqual(value, arguments[0], arguments.Work)),
        ["filter"] = new([], (value, _) => value is string name && TemplateFilters.Knows(name)),
        ["test"] = new([], (value, _) => value is string name && Tests!.ContainsKey(name)),
        ["in"] = new(["seq"], (value, arguments) => TemplateOperators.Contains(arguments[0], value, arguments.Work)),
        ["divisibleby"] = new(["num"], (value, arguments) => IsMultiple(value, arguments[0], 0, arguments.Work)),
        ["equalto"] = Sign("=="),
        ["eq"] = Sign("=="),
        ["=="] = Sign("=="),
        ["ne"] = Sign("!="),
        ["!="] = Sign("!="),
        ["lt"] = Sign("<"),
        ["<"] = Sign("<"),
        ["lessthan"] = Sign("<"),
        ["le"] = Sign("<="),
        ["<="] = Sign("<="),
        ["gt"] = Sign(">"),
        [">"] = Sign(">"),
        ["greaterthan"] = Sign(">"),
        ["ge"] = Sign(">="),
        [">="] = Sign(">="),
    };

    private sealed record Test(IReadOnlyList<string> Parameters, Func<object?, TemplateArguments, bool> Passes);

    /// <summary>A test that is a sign between values.</summary>
    private static Test Sign(string sign) => new(["other"], (value, arguments) => TemplateValues.IsTrue(TemplateOperators.Apply(sign, value, arguments[0], arguments.Work)));

    private static bool IsMultiple(object? value, object? of, double rest, TemplateWork work) => TemplateValues.Number(TemplateOperators.Apply("%", value, of, work)) == rest;

    /// <exception cref="HafsException">The test is not known, or is given too many or too few arguments.</exception>
    public static bool Is(string name, object? value, IReadOnlyList<object?> arguments, TemplateWork work)
    {
        if (value is string)
            work.SpendOn(value);
        Test test = Tests.GetValueOrDefault(name) ?? throw TemplateErrors.Value($"the test '{name}' is not known");
        return test.Passes(value, TemplateArguments.Bind($"the test '{name}'", test.Parameters, arguments, FrozenDictionary<string, object?>.Empty, work));
    }

    /// <summary>Whether a value passes the test that a filter's arguments name; without one, whether it is true.</summary>
    public static bool Passes(object? value, IReadOnlyList<object?> arguments, int from, TemplateWork work) =>
        arguments.Count > from ? Is(TemplateFilters.Text(arguments[from]), value, [.. arguments.Skip(from + 1)], work) : TemplateValues.IsTrue(value);
}
