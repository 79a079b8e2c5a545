using Npgsql;

namespace HafsModels.Registry.Postgres;

/// <summary>The tables of a registry, and the steps from one version of them to the next.</summary>
internal static class PostgresSchema
{
    // One number for all databases; only programs that change the tables wait for each other at it.
    private const long LockKey = 0x68616673;

    // A step is never changed once it was released; a new one is added.
    private static readonly string[] Steps =
    [
        """
        create table hafs_registry (revision bigint not null, main text not null, sidecar text not null);
        create table hafs_member (document smallint not null, position bigint not null, name text not null, content text not null, revision bigint not null, primary key (document, position));
        create index hafs_member_revision on hafs_member (revision);
        create table hafs_revision (revision bigint primary key, made timestamptz not null default now(), main text not null, sidecar text not null);
        create table hafs_history (revision bigint not null references hafs_revision on delete cascade, document smallint not null, position bigint not null, name text not null, content text, primary key (revision, document, position));
        create table hafs_backup (id bigint generated always as identity primary key, made timestamptz not null default now(), main text not null, sidecar text not null);
        comment on table hafs_registry is 'One row: the number of writes so far, and both documents without their models';
        comment on table hafs_member is 'Members of "models" of the registry (document 0) and of its sidecar (1), in order of position, as they are spelled';
        comment on table hafs_revision is 'Each write of the last days, with both documents without their models as they were before it';
        comment on table hafs_history is 'Members as they were before a write; content is null for one that was not there';
        comment on table hafs_backup is 'Whole documents, kept on demand';
        """,
    ];

    /// <summary>Brings the tables to this version.</summary>
    /// <exception cref="HafsException">They are of a later version.</exception>
    public static void Migrate(NpgsqlConnection connection, string display, string emptyMain, string emptySidecar)
    {
        int version = Version(connection);
        if (version > Steps.Length)
            throw new HafsException(ErrorKind.Unsupported, "RegistryFromTheFuture", $"{display}: its tables are of version {version}, this program knows {Steps.Length}", display, "Use the program version that wrote it, or a later one.");
        if (version == Steps.Length)
            return;
        using NpgsqlTransaction transaction = connection.BeginTransaction();
        Execute(connection, $"select pg_advisory_xact_lock({LockKey})");
        Execute(connection, "create table if not exists hafs_schema (version integer not null)");
        version = Version(connection);
        foreach (string step in Steps.Skip(version))
            Execute(connection, step);
        if (version == 0)
        {
            using var insert = new NpgsqlCommand("insert into hafs_registry values (0, $1, $2)", connection) { Parameters = { new() { Value = emptyMain }, new() { Value = emptySidecar } } };
            insert.ExecuteNonQuery();
        }

        Execute(connection, $"delete from hafs_schema; insert into hafs_schema values ({Steps.Length})");
        transaction.Commit();
    }

    private static int Version(NpgsqlConnection connection)
    {
        using var exists = new NpgsqlCommand("select to_regclass('hafs_schema') is not null", connection);
        if (exists.ExecuteScalar() is not true)
            return 0;
        using var command = new NpgsqlCommand("select coalesce(max(version), 0) from hafs_schema", connection);
        return (int)command.ExecuteScalar()!;
    }

    private static void Execute(NpgsqlConnection connection, string text)
    {
        using var command = new NpgsqlCommand(text, connection);
        command.ExecuteNonQuery();
    }
}
