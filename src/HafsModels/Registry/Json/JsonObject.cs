using System.Collections.Immutable;

namespace HafsModels.Registry.Json;

/// <summary>
/// An object. A key may stand in it twice: as in Python the last one counts, and all are kept.
/// </summary>
internal sealed class JsonObject(ImmutableArray<JsonMember> members) : JsonItem
{
    private const int LargeObject = 64;
    private Dictionary<string, int>? index;

    public static readonly JsonObject Empty = new([]);

    public ImmutableArray<JsonMember> Members { get; } = members;

    /// <summary>The value that counts for a key, or null when the key is absent.</summary>
    public JsonItem? this[string name]
    {
        get
        {
            int at = IndexOf(name);
            return at < 0 ? null : Members[at].Value;
        }
    }

    /// <summary>Where the member that counts for a key stands, or -1.</summary>
    public int IndexOf(string name)
    {
        if (Members.Length >= LargeObject)
            return Index().GetValueOrDefault(name, -1);
        for (int i = Members.Length - 1; i >= 0; i--)
            if (Members[i].Name == name)
                return i;
        return -1;
    }

    /// <summary>The same object with a key set: in its place, else at the end. The object itself when nothing changes.</summary>
    public JsonObject With(string name, JsonItem value)
    {
        int at = IndexOf(name);
        if (at < 0)
            return new JsonObject(Members.Add(new JsonMember(name, value)));
        return ReferenceEquals(Members[at].Value, value) ? this : new JsonObject(Members.SetItem(at, Members[at] with { Value = value }));
    }

    /// <summary>The same object with a key added before the member at <paramref name="position"/>.</summary>
    public JsonObject Insert(int position, string name, JsonItem value) => new(Members.Insert(position, new JsonMember(name, value)));

    /// <summary>The same object without any member of that key.</summary>
    public JsonObject Without(string name) =>
        IndexOf(name) < 0 ? this : new JsonObject(Members.RemoveAll(m => m.Name == name));

    // Built once on demand; two threads may build the same index, and either may win.
    private Dictionary<string, int> Index()
    {
        if (index is { } built)
            return built;
        var made = new Dictionary<string, int>(Members.Length, StringComparer.Ordinal);
        for (int i = 0; i < Members.Length; i++)
            made[Members[i].Name] = i;
        return index = made;
    }
}
