using HafsModels.Registry.Json;

namespace HafsModels.Registry;

/// <summary>Compares two states of a registry.</summary>
internal static class RegistryDifference
{
    /// <summary>Models that differ, ordered by id. That a record was dated anew does not count by itself.</summary>
    public static IReadOnlyList<RegistryChange> Between(RegistrySnapshot earlier, RegistrySnapshot later)
    {
        var changes = new List<RegistryChange>();
        var ids = earlier.Records.Members.Concat(later.Records.Members).Select(m => m.Name).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal);
        foreach (string id in ids)
        {
            JsonItem? before = earlier.Records[id], after = later.Records[id];
            if (before is null)
                changes.Add(new(RegistryChangeKind.Added, id, []));
            else if (after is null)
                changes.Add(new(RegistryChangeKind.Removed, id, []));
            else if (Keys(before as JsonObject, after as JsonObject).Concat(Keys(earlier.Entries[id] as JsonObject, later.Entries[id] as JsonObject)).ToArray() is { Length: > 0 } keys)
                changes.Add(new(RegistryChangeKind.Changed, id, keys));
        }

        return changes;
    }

    private static IEnumerable<string> Keys(JsonObject? before, JsonObject? after)
    {
        before ??= JsonObject.Empty;
        after ??= JsonObject.Empty;
        return ReferenceEquals(before, after) ? [] : before.Members.Concat(after.Members).Select(m => m.Name).Distinct(StringComparer.Ordinal)
            .Where(key => key != "updated_at" && Text(before[key]) != Text(after[key]));
    }

    private static string? Text(JsonItem? item) => item is null ? null : JsonText.Write(item);
}
