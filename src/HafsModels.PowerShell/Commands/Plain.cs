using System.Collections;
using System.Globalization;
using System.Management.Automation;

namespace HafsModels.PowerShell.Commands;

/// <summary>Values of PowerShell's hashtables without the wrappers PowerShell puts around them.</summary>
internal static class Plain
{
    /// <summary>The value itself.</summary>
    public static object? Value(object? value) => value is PSObject wrapped ? wrapped.BaseObject : value;

    /// <summary>The value as text; empty for null.</summary>
    public static string Text(object? value) => Convert.ToString(Value(value), CultureInfo.InvariantCulture) ?? "";

    /// <summary>Keys as text, values unwrapped; an array of one kind of values becomes a typed array, since GGUF has no mixed ones.</summary>
    public static IReadOnlyDictionary<string, object> Table(Hashtable? table) => (table ?? [])
        .Cast<DictionaryEntry>()
        .ToDictionary(e => Text(e.Key), e => Value(e.Value) switch
        {
            object[] items => Array(Text(e.Key), items),
            { } value => value,
            null => throw new HafsException(ErrorKind.InvalidArgument, "MetadataNull", $"metadata {Text(e.Key)} is null", Text(e.Key), "Leave the key out, or give it a value."),
        });

    private static Array Array(string key, object[] items)
    {
        object?[] plain = [.. items.Select(Value)];
        Type[] types = [.. plain.Select(i => i?.GetType() ?? typeof(void)).Distinct()];
        if (types.Length != 1 || types[0] == typeof(void))
            throw new HafsException(ErrorKind.InvalidArgument, "MetadataMixedArray", $"metadata {key} is an array of {types.Length} kinds of values; GGUF arrays hold one", key, "Cast the values, such as [string[]](...).");
        var typed = System.Array.CreateInstance(types[0], plain.Length);
        plain.CopyTo(typed, 0);
        return typed;
    }
}
