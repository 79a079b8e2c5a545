using System.Diagnostics.CodeAnalysis;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using HafsModels.Registry.Json;

namespace HafsModels.Registry;

/// <summary>
/// What the file beside the registry holds for a model: lists of artifacts, deployments and tests. Entries and keys unknown to this version
/// are kept as they are.
/// </summary>
internal static class RegistrySidecar
{
    /// <summary>Version of the sidecar's format.</summary>
    public const string Version = "1.0";

    public const string Artifacts = "artifacts";
    public const string Deployments = "deployments";
    public const string Tests = "tests";
    public const string Parents = "parents";
    public const string Family = "family";

    /// <summary>At the top: aliases by family, each to the id it means.</summary>
    public const string Aliases = "aliases";

    public static JsonObject New() => JsonObject.Empty
        .With("version", JsonScalar.Text(Version)).With("updated_at", JsonScalar.Text("")).With("models", JsonObject.Empty);

    /// <summary>Entries of a list that this version understands.</summary>
    /// <param name="entry">The model's object in the sidecar, or null.</param>
    /// <param name="list">Name of the list.</param>
    /// <param name="type">How an entry reads.</param>
    /// <param name="unreadable">Told the position of each entry that does not read.</param>
    public static IEnumerable<T> Read<T>(JsonObject? entry, string list, JsonTypeInfo<T> type, Action<int>? unreadable = null)
    {
        if (entry?[list] is not JsonList { Items: var items })
            yield break;
        for (int i = 0; i < items.Length; i++)
        {
            if (TryRead(items[i], type, out T? value))
                yield return value;
            else
                unreadable?.Invoke(i);
        }
    }

    /// <summary>The entry with a value added to a list, in place of those it replaces.</summary>
    public static JsonObject Add<T>(JsonObject entry, string list, T value, JsonTypeInfo<T> type, Func<T, bool> replaces)
    {
        JsonObject without = Remove(entry, list, type, replaces);
        var items = without[list] is JsonList { Items: var kept } ? kept : [];
        return without.With(list, new JsonList(items.Add(Item(value, type))));
    }

    /// <summary>The entry with a value at the end of a list, which keeps its latest values only.</summary>
    public static JsonObject Append<T>(JsonObject entry, string list, T value, JsonTypeInfo<T> type, int most)
    {
        var items = entry[list] is JsonList { Items: var had } ? had : [];
        return entry.With(list, new JsonList(items.RemoveRange(0, Math.Max(0, items.Length + 1 - most)).Add(Item(value, type))));
    }

    /// <summary>The entry without the values of a list that match; the entry itself when none does.</summary>
    public static JsonObject Remove<T>(JsonObject entry, string list, JsonTypeInfo<T> type, Func<T, bool> match)
    {
        if (entry[list] is not JsonList { Items: var items })
            return entry;
        var kept = items.RemoveAll(item => TryRead(item, type, out T? value) && match(value));
        return kept.Length == items.Length ? entry : entry.With(list, new JsonList(kept));
    }

    private static bool TryRead<T>(JsonItem item, JsonTypeInfo<T> type, [NotNullWhen(true)] out T? value)
    {
        value = default;
        try
        {
            value = JsonSerializer.Deserialize(JsonText.Write(item), type);
        }
        catch (JsonException)
        {
            // Written by hand or by a later version: kept, not shown.
        }

        return value is not null;
    }

    // Which registry a record came from is known by where it lies.
    private static JsonItem Item<T>(T value, JsonTypeInfo<T> type)
    {
        JsonItem item = JsonParser.Parse(JsonSerializer.Serialize(value, type));
        return item is JsonObject o ? o.Without("registry") : item;
    }
}
