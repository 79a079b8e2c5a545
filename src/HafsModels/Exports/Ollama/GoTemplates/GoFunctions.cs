using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace HafsModels.Exports.Ollama.GoTemplates;

/// <summary>The functions of Go templates that prompts use, and Ollama's own.</summary>
internal static class GoFunctions
{
    private static readonly JsonSerializerOptions Json = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>The functions, by name. <c>and</c> and <c>or</c> get no arguments they do not need.</summary>
    public static IReadOnlyDictionary<string, Func<IReadOnlyList<object?>, object?>> All { get; } = new Dictionary<string, Func<IReadOnlyList<object?>, object?>>(StringComparer.Ordinal)
    {
        ["and"] = args => args[^1],
        ["or"] = args => args[^1],
        ["not"] = args => !GoValues.IsTrue(Only(args, 1)[0]),
        ["eq"] = args => Least(args, 2).Skip(1).Any(other => GoValues.AreEqual(args[0], other)),
        ["ne"] = args => !GoValues.AreEqual(Only(args, 2)[0], args[1]),
        ["lt"] = args => GoValues.Compare(Only(args, 2)[0], args[1]) < 0,
        ["le"] = args => GoValues.Compare(Only(args, 2)[0], args[1]) <= 0,
        ["gt"] = args => GoValues.Compare(Only(args, 2)[0], args[1]) > 0,
        ["ge"] = args => GoValues.Compare(Only(args, 2)[0], args[1]) >= 0,
        ["len"] = args => Only(args, 1)[0] switch
        {
            string text => (object?)(long)System.Text.Encoding.UTF8.GetByteCount(text),
            IReadOnlyList<object?> list => (long)list.Count,
            IReadOnlyDictionary<string, object?> table => (long)table.Count,
            var other => throw GoTemplateErrors.Failed($"{GoValues.Print(other)} has no length"),
        },
        ["index"] = Index,
        ["slice"] = Slice,
        ["print"] = args => string.Concat(args.Select((a, i) => (i > 0 && a is not string && args[i - 1] is not string ? " " : "") + GoValues.Print(a))),
        ["println"] = args => string.Join(' ', args.Select(GoValues.Print)) + "\n",
        ["json"] = args => JsonSerializer.Serialize(GoValues.ToJson(Only(args, 1)[0]), Json),
        ["currentDate"] = _ => DateTime.Now.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture),
    };

    private static IReadOnlyList<object?> Only(IReadOnlyList<object?> args, int count) =>
        args.Count == count ? args : throw GoTemplateErrors.Failed($"a function takes {count} arguments and got {args.Count}");

    private static IReadOnlyList<object?> Least(IReadOnlyList<object?> args, int count) =>
        args.Count >= count ? args : throw GoTemplateErrors.Failed($"a function takes at least {count} arguments and got {args.Count}");

    private static object? Index(IReadOnlyList<object?> args) => Least(args, 1).Skip(1).Aggregate(args[0], (from, key) => (from, key) switch
    {
        (IReadOnlyList<object?> list, long at) when at >= 0 && at < list.Count => list[(int)at],
        (IReadOnlyDictionary<string, object?> table, string name) => table.GetValueOrDefault(name),
        _ => throw GoTemplateErrors.Failed($"there is no element {GoValues.Print(key)}"),
    });

    private static object? Slice(IReadOnlyList<object?> args)
    {
        Least(args, 1);
        int length = args[0] switch { string text => text.Length, IReadOnlyList<object?> list => list.Count, var other => throw GoTemplateErrors.Failed($"{GoValues.Print(other)} cannot be cut") };
        long from = args.Count > 1 && args[1] is long first ? first : 0, to = args.Count > 2 && args[2] is long second ? second : length;
        if (from < 0 || to < from || to > length)
            throw GoTemplateErrors.Failed($"there is nothing from {from} to {to} in {length} elements");
        return args[0] is string cut ? cut[(int)from..(int)to] : ((IReadOnlyList<object?>)args[0]!).Skip((int)from).Take((int)(to - from)).ToArray();
    }
}
