using System.Collections.Immutable;
using HafsModels.Registry.Json;
using Npgsql;

namespace HafsModels.Registry.Postgres;

/// <summary>Reads and writes the rows of a registry within one connection.</summary>
internal sealed class PostgresTables(NpgsqlConnection connection, string display)
{
    private const int MaxRevisions = 10_000;

    /// <summary>The registry as it is, taking from <paramref name="known"/> what has not changed since.</summary>
    public PostgresState Load(PostgresState? known)
    {
        (long revision, string main, string sidecar) = Frames("select revision, main, sidecar from hafs_registry");
        if (known?.Revision == revision)
            return known;
        long since = known is not null && known.Revision < revision ? known.Revision : -1;
        Dictionary<(short, long), PostgresMember> changed = Rows("select document, position, revision, name, content from hafs_member where revision > $1", since).ToDictionary(m => (m.Document, m.Position));
        if (since < 0)
            return new PostgresState(display, revision, main, sidecar, changed.ToImmutableSortedDictionary());
        var members = known!.Members.ToBuilder();
        members.RemoveRange(members.Keys.Except(Positions()).ToArray());
        foreach (KeyValuePair<(short, long), PostgresMember> row in changed)
            members[row.Key] = row.Value;
        return new PostgresState(display, revision, main, sidecar, members.ToImmutable());
    }

    /// <summary>Holds off all other writers until the transaction ends.</summary>
    public void Lock() => Execute("select revision from hafs_registry for update");

    /// <summary>Writes a new state, unless somebody else wrote since <paramref name="before"/> was read.</summary>
    /// <returns>Whether it was written.</returns>
    public bool TryWrite(PostgresState before, JsonObject main, JsonObject sidecar)
    {
        long revision = before.Revision + 1;
        if (Execute("update hafs_registry set revision = $1, main = $2, sidecar = $3 where revision = $4", revision, PostgresState.Frame(main), PostgresState.Frame(sidecar), before.Revision) == 0)
            return false;
        Execute("insert into hafs_revision (revision, main, sidecar) values ($1, $2, $3)", revision, before.Main, before.Sidecar);
        foreach ((short document, JsonObject content) in new[] { ((short)0, main), ((short)1, sidecar) })
        {
            foreach ((long position, JsonMember? after) in before.Changes(document, content["models"] as JsonObject ?? JsonObject.Empty))
                Write(revision, document, position, before.Members.GetValueOrDefault((document, position))?.Member, after);
        }

        // Each state is reached from the next one, so only the oldest go.
        Execute("delete from hafs_revision where revision <= $1 or (revision <= $2 and made < now() - make_interval(days => $3))", revision - MaxRevisions, revision - PostgresRegistryStore.NewestBackups, PostgresRegistryStore.BackupDays);
        return true;
    }

    /// <summary>Writes that can be gone back behind, newest first: the number of each, when it was made, and the state before it.</summary>
    public IEnumerable<(long Revision, DateTimeOffset Made, PostgresState Before)> History(PostgresState now)
    {
        var revisions = new List<(long Revision, DateTimeOffset Made, string Main, string Sidecar)>();
        using (var command = new NpgsqlCommand("select revision, made, main, sidecar from hafs_revision order by revision desc", connection))
        using (NpgsqlDataReader reader = command.ExecuteReader())
        {
            while (reader.Read())
                revisions.Add((reader.GetInt64(0), reader.GetFieldValue<DateTimeOffset>(1), reader.GetString(2), reader.GetString(3)));
        }

        PostgresState state = now;
        foreach ((long revision, DateTimeOffset made, string main, string sidecar) in revisions)
        {
            var members = state.Members.ToBuilder();
            using (var command = new NpgsqlCommand("select document, position, name, content from hafs_history where revision = $1", connection) { Parameters = { new() { Value = revision } } })
            using (NpgsqlDataReader reader = command.ExecuteReader())
            {
                while (reader.Read())
                {
                    (short Document, long Position) key = (reader.GetInt16(0), reader.GetInt64(1));
                    if (reader.IsDBNull(3))
                        members.Remove(key);
                    else
                        members[key] = new PostgresMember(key.Document, key.Position, revision - 1, Member(reader.GetString(2), reader.GetString(3)));
                }
            }

            state = new PostgresState(display, revision - 1, main, sidecar, members.ToImmutable());
            yield return (revision, made, state);
        }
    }

    /// <summary>Whole copies, newest first.</summary>
    public IReadOnlyList<(long Id, DateTimeOffset Made, RegistryFiles Files)> Kept()
    {
        var kept = new List<(long, DateTimeOffset, RegistryFiles)>();
        using var command = new NpgsqlCommand("select id, made, main, sidecar from hafs_backup order by id desc", connection);
        using NpgsqlDataReader reader = command.ExecuteReader();
        while (reader.Read())
            kept.Add((reader.GetInt64(0), reader.GetFieldValue<DateTimeOffset>(1), new RegistryFiles(System.Text.Encoding.UTF8.GetBytes(reader.GetString(2)), System.Text.Encoding.UTF8.GetBytes(reader.GetString(3)))));
        return kept;
    }

    /// <summary>Keeps a whole copy.</summary>
    /// <returns>Its number.</returns>
    public long Keep(RegistrySnapshot snapshot)
    {
        using NpgsqlCommand command = Command("insert into hafs_backup (main, sidecar) values ($1, $2) returning id", JsonText.Write(snapshot.Main), JsonText.Write(snapshot.Sidecar!));
        return (long)command.ExecuteScalar()!;
    }

    private static JsonMember Member(string rawName, string content) => new(JsonText.Unquote(rawName), rawName, JsonParser.Parse(content));

    private void Write(long revision, short document, long position, JsonMember? before, JsonMember? after)
    {
        Execute("insert into hafs_history values ($1, $2, $3, $4, $5)", revision, document, position, (before ?? after)!.Value.RawName, before is { } was ? JsonText.Write(was.Value) : DBNull.Value);
        if (after is not { } now)
            Execute("delete from hafs_member where document = $1 and position = $2", document, position);
        else
        {
            Execute("""
                insert into hafs_member values ($1, $2, $3, $4, $5)
                on conflict (document, position) do update set name = excluded.name, content = excluded.content, revision = excluded.revision
                """, document, position, now.RawName, JsonText.Write(now.Value), revision);
        }
    }

    private (long Revision, string Main, string Sidecar) Frames(string text)
    {
        using var command = new NpgsqlCommand(text, connection);
        using NpgsqlDataReader reader = command.ExecuteReader();
        return reader.Read()
            ? (reader.GetInt64(0), reader.GetString(1), reader.GetString(2))
            : throw new HafsException(ErrorKind.InvalidData, "RegistryDamaged", $"{display}: the table hafs_registry is empty. Nothing is written to a damaged registry.", display, "Restore the database from its own backup.");
    }

    private List<PostgresMember> Rows(string text, long since)
    {
        var rows = new List<PostgresMember>();
        using NpgsqlCommand command = Command(text, since);
        using NpgsqlDataReader reader = command.ExecuteReader();
        while (reader.Read())
            rows.Add(new PostgresMember(reader.GetInt16(0), reader.GetInt64(1), reader.GetInt64(2), Member(reader.GetString(3), reader.GetString(4))));
        return rows;
    }

    private HashSet<(short, long)> Positions()
    {
        var positions = new HashSet<(short, long)>();
        using var command = new NpgsqlCommand("select document, position from hafs_member", connection);
        using NpgsqlDataReader reader = command.ExecuteReader();
        while (reader.Read())
            positions.Add((reader.GetInt16(0), reader.GetInt64(1)));
        return positions;
    }

    private int Execute(string text, params ReadOnlySpan<object> values)
    {
        using NpgsqlCommand command = Command(text, values);
        return command.ExecuteNonQuery();
    }

    private NpgsqlCommand Command(string text, params ReadOnlySpan<object> values)
    {
        var command = new NpgsqlCommand(text, connection);
        foreach (object value in values)
            command.Parameters.Add(value == DBNull.Value ? new NpgsqlParameter { Value = value, NpgsqlDbType = NpgsqlTypes.NpgsqlDbType.Text } : new NpgsqlParameter { Value = value });
        return command;
    }
}
