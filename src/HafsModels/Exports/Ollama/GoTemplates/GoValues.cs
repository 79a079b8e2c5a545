using System.Globalization;

namespace HafsModels.Exports.Ollama.GoTemplates;

/// <summary>What Go templates make of values: string, long, double, bool, null, lists, tables and records.</summary>
internal static class GoValues
{
    /// <summary>Whether a value counts as true: not zero, not empty.</summary>
    public static bool IsTrue(object? value) => value switch
    {
        null => false,
        bool truth => truth,
        string text => text.Length > 0,
        long whole => whole != 0,
        double number => number != 0,
        IReadOnlyList<object?> list => list.Count > 0,
        IReadOnlyDictionary<string, object?> table => table.Count > 0,
        _ => true,
    };

    /// <summary>Whether two values are equal; values of different kinds cannot be compared.</summary>
    public static bool AreEqual(object? left, object? right) => (left, right) switch
    {
        (null, null) => true,
        (string a, string b) => a == b,
        (long a, long b) => a == b,
        (double a, double b) => a == b,
        (bool a, bool b) => a == b,
        (null, _) or (_, null) => false,
        _ => throw GoTemplateErrors.Failed($"{Print(left)} and {Print(right)} are of different kinds and cannot be compared"),
    };

    /// <summary>The order of two values.</summary>
    public static int Compare(object? left, object? right) => (left, right) switch
    {
        (string a, string b) => string.CompareOrdinal(a, b),
        (long a, long b) => a.CompareTo(b),
        (double a, double b) => a.CompareTo(b),
        _ => throw GoTemplateErrors.Failed($"{Print(left)} and {Print(right)} have no order"),
    };

    /// <summary>How a value is printed.</summary>
    public static string Print(object? value) => value switch
    {
        null => "<no value>",
        string text => text,
        bool truth => truth ? "true" : "false",
        long whole => whole.ToString(CultureInfo.InvariantCulture),
        double number => number.ToString("R", CultureInfo.InvariantCulture),
        IReadOnlyList<object?> list => $"[{string.Join(' ', list.Select(Print))}]",
        IReadOnlyDictionary<string, object?> table => $"map[{string.Join(' ', table.OrderBy(p => p.Key, StringComparer.Ordinal).Select(p => $"{p.Key}:{Print(p.Value)}"))}]",
        _ => throw GoTemplateErrors.Failed("a message is printed as a whole; how depends on Ollama's version"),
    };

    /// <summary>The value as JSON is made from it.</summary>
    public static object? ToJson(object? value) => value switch
    {
        IReadOnlyList<object?> list => list.Select(ToJson).ToArray(),
        IReadOnlyDictionary<string, object?> table => table.OrderBy(p => p.Key, StringComparer.Ordinal).ToDictionary(p => p.Key, p => ToJson(p.Value)),
        GoRecord => throw GoTemplateErrors.Failed("a message as JSON depends on Ollama's version"),
        _ => value,
    };
}
