using System.Collections;
using System.Diagnostics.CodeAnalysis;

namespace HafsModels.Transfer.Toml;

/// <summary>
/// A table of a TOML 1.0 document, its keys in the order of the document. Values are <see cref="string"/>, <see cref="long"/>, <see cref="double"/>,
/// <see cref="bool"/>, <see cref="DateTimeOffset"/>, <see cref="DateTime"/>, <see cref="DateOnly"/>, <see cref="TimeOnly"/>, <see cref="TomlArray"/>
/// and <see cref="TomlTable"/>.
/// </summary>
internal sealed class TomlTable : IEnumerable<KeyValuePair<string, object>>
{
    private readonly Dictionary<string, object> values = new(StringComparer.Ordinal);
    private readonly List<string> order = [];

    /// <summary>How the table came to be, which decides what may be added to it.</summary>
    internal TomlTableOrigin Origin { get; set; }

    /// <summary>Number of keys.</summary>
    public int Count => order.Count;

    /// <summary>The value of a key, or null.</summary>
    public object? this[string key] => values.GetValueOrDefault(key);

    /// <summary>The value of a key, if it is there.</summary>
    public bool TryGet(string key, [NotNullWhen(true)] out object? value) => values.TryGetValue(key, out value);

    /// <inheritdoc/>
    public IEnumerator<KeyValuePair<string, object>> GetEnumerator() => order.Select(k => new KeyValuePair<string, object>(k, values[k])).GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    internal void Add(string key, object value)
    {
        values.Add(key, value);
        order.Add(key);
    }
}
