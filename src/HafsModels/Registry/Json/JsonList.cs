using System.Collections.Immutable;

namespace HafsModels.Registry.Json;

/// <summary>An array.</summary>
internal sealed class JsonList(ImmutableArray<JsonItem> items) : JsonItem
{
    public static readonly JsonList Empty = new([]);

    public ImmutableArray<JsonItem> Items { get; } = items;
}
