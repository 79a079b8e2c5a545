using System.Collections.Immutable;
using HafsModels.Registry.Json;

namespace HafsModels.Registry.Postgres;

/// <summary>A registry in PostgreSQL as it was at one moment.</summary>
/// <param name="Display">Its address.</param>
/// <param name="Revision">Writes so far.</param>
/// <param name="Main">The registry without its models.</param>
/// <param name="Sidecar">The sidecar without its models.</param>
/// <param name="Members">Models and entries, by document and position.</param>
internal sealed record PostgresState(string Display, long Revision, string Main, string Sidecar, ImmutableSortedDictionary<(short Document, long Position), PostgresMember> Members)
{
    private RegistrySnapshot? snapshot;

    /// <summary>The same, parsed.</summary>
    public RegistrySnapshot Snapshot => snapshot ??= new RegistrySnapshot(Display, Whole(Main, 0), Whole(Sidecar, 1), []);

    /// <summary>A document without its models, as it is stored.</summary>
    public static string Frame(JsonObject document) => JsonText.Write(document.With("models", JsonObject.Empty));

    /// <summary>Rows that make one document's members into others: what stands at a position from now on, or null where nothing does.</summary>
    public IReadOnlyList<(long Position, JsonMember? After)> Changes(short document, JsonObject models)
    {
        PostgresMember[] before = [.. Members.Values.Where(m => m.Document == document)];
        Dictionary<(string Name, int Turn), PostgresMember> known = Numbered(before, m => m.Member.RawName).ToDictionary(m => (m.Name, m.Turn), m => m.Item);
        var changes = new List<(long, JsonMember?)>();
        var kept = new HashSet<long>();
        long last = -1, end = before.Length == 0 ? 0 : before[^1].Position + 1;
        foreach ((JsonMember member, string name, int turn) in Numbered(models.Members, m => m.RawName))
        {
            PostgresMember? there = known.GetValueOrDefault((name, turn));
            long position = there?.Position ?? end++;
            if (position < last)
            {
                // Members changed places: all get new ones behind the old.
                long next = end;
                return [.. before.Select(m => (m.Position, (JsonMember?)null)), .. models.Members.Select(m => (next++, (JsonMember?)m))];
            }

            last = position;
            kept.Add(position);
            if (there is null || (!ReferenceEquals(there.Member.Value, member.Value) && JsonText.Write(there.Member.Value) != JsonText.Write(member.Value)))
                changes.Add((position, member));
        }

        changes.AddRange(before.Where(m => !kept.Contains(m.Position)).Select(m => (m.Position, (JsonMember?)null)));
        return changes;
    }

    private JsonObject Whole(string frame, short document) =>
        ((JsonObject)JsonParser.Parse(frame)).With("models", new JsonObject([.. Members.Values.Where(m => m.Document == document).Select(m => m.Member)]));

    // A name may stand several times, as in a file.
    private static IEnumerable<(T Item, string Name, int Turn)> Numbered<T>(IEnumerable<T> items, Func<T, string> name)
    {
        var turns = new Dictionary<string, int>(StringComparer.Ordinal);
        foreach (T item in items)
        {
            string key = name(item);
            int turn = turns[key] = turns.GetValueOrDefault(key) + 1;
            yield return (item, key, turn);
        }
    }
}
