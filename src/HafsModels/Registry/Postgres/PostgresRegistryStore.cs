using System.Collections.Concurrent;
using System.Globalization;
using HafsModels.Registry.Json;
using Npgsql;

namespace HafsModels.Registry.Postgres;

/// <summary>
/// A registry in PostgreSQL: the same documents, a row for each model. A write is one transaction that succeeds only when nobody wrote since
/// the state it was made from was read; else it is made again, and after a few times with other writers held off.
/// </summary>
/// <param name="address">Where the database is.</param>
internal sealed class PostgresRegistryStore(PostgresAddress address) : IRegistryStore
{
    /// <summary>Writes that can always be gone back behind; of older ones the newest of each of the last days.</summary>
    public const int NewestBackups = 10;

    /// <summary>Days for which there is at least one state to go back to, where there was a write.</summary>
    public const int BackupDays = 14;

    private const int OptimisticAttempts = 5, MaxStates = 8;
    private const string RevisionMark = "#revision-", KeptMark = "#kept-";

    private const string PasswordHint = $"Put the password into {RegistryPath.Variable}, PGPASSWORD or the password file (~/.pgpass).";

    // A memo, not state: a state is taken from it only when the database says that it has not changed since.
    private static readonly ConcurrentDictionary<string, PostgresState> States = new(StringComparer.Ordinal);

    public string Location => address.Display;

    public RegistrySnapshot Read() => Connected(connection =>
    {
        using NpgsqlTransaction transaction = connection.BeginTransaction(System.Data.IsolationLevel.RepeatableRead);
        return Load(connection).Snapshot;
    });

    public T Change<T>(Func<RegistryEdit, T> edit, CancellationToken cancellationToken)
    {
        for (int attempt = 0; ; attempt++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            bool isLast = attempt == OptimisticAttempts;
            (bool written, T result) = Connected(connection => Attempt(connection, edit, holdOthersOff: isLast));
            if (written)
                return result;

            // Writers that met once should not meet again.
            cancellationToken.WaitHandle.WaitOne(Random.Shared.Next(1, 10 << attempt));
        }
    }

    public IReadOnlyList<RegistryBackup> Backups() => Connected(connection =>
    {
        var tables = new PostgresTables(connection, Location);
        PostgresState next = Load(connection);
        var backups = new List<RegistryBackup>();
        foreach ((long id, DateTimeOffset made, RegistryFiles files) in tables.Kept())
        {
            RegistrySnapshot snapshot = files.Parse(Location);
            backups.Add(Describe(Location + KeptMark + id.ToString(CultureInfo.InvariantCulture), made, snapshot, RegistryDifference.Between(snapshot, next.Snapshot), isKept: true));
        }

        var days = new HashSet<DateTime>();
        int count = 0;
        foreach ((long revision, DateTimeOffset made, PostgresState before) in tables.History(next))
        {
            bool isNewestOfDay = days.Add(made.UtcDateTime.Date) && days.Count <= BackupDays;
            if (count++ >= NewestBackups && !isNewestOfDay)
                continue;
            backups.Add(Describe(Location + RevisionMark + (revision - 1).ToString(CultureInfo.InvariantCulture), made, before.Snapshot, RegistryDifference.Between(before.Snapshot, next.Snapshot), isKept: false));
            next = before;
        }

        return (IReadOnlyList<RegistryBackup>)[.. backups.OrderByDescending(b => b.CreatedAt)];
    });

    public string Backup(string? target, CancellationToken cancellationToken) => Connected(connection =>
    {
        RegistrySnapshot snapshot = Load(connection).Snapshot;
        return target is null
            ? Location + KeptMark + new PostgresTables(connection, Location).Keep(snapshot).ToString(CultureInfo.InvariantCulture)
            : RegistryBackups.Keep(target, target, RegistryFiles.Of(snapshot.Main, snapshot.Sidecar!));
    });

    public IReadOnlyList<RegistryChange> Restore(string? from, bool apply, CancellationToken cancellationToken)
    {
        RegistrySnapshot backup = Connected(connection => Find(connection, from));
        if (backup.Sidecar is null)
            throw new HafsException(ErrorKind.InvalidData, "BackupDamaged", backup.Problems[0].Message, backup.Path, "Choose another backup.");
        IReadOnlyList<RegistryChange> changes = RegistryDifference.Between(Read(), backup);
        if (apply)
        {
            Change(
                edit =>
                {
                    edit.SetMain(backup.Main);
                    edit.SetSidecar(backup.Sidecar);
                    return true;
                },
                cancellationToken);
        }

        return changes;
    }

    /// <summary>Nothing to do: both documents change in one transaction, so neither is ever damaged alone.</summary>
    public void RestoreSidecar(CancellationToken cancellationToken)
    {
    }

    private static RegistryBackup Describe(string path, DateTimeOffset made, RegistrySnapshot snapshot, IReadOnlyList<RegistryChange> changes, bool isKept) => new()
    {
        Path = path,
        CreatedAt = made.ToUniversalTime(),
        IsKept = isKept,
        IsReadable = snapshot.Sidecar is not null,
        Models = snapshot.Models.Count,
        Changes = changes,
    };

    private (bool Written, T Result) Attempt<T>(NpgsqlConnection connection, Func<RegistryEdit, T> edit, bool holdOthersOff)
    {
        using NpgsqlTransaction transaction = connection.BeginTransaction(System.Data.IsolationLevel.ReadCommitted);
        var tables = new PostgresTables(connection, Location);
        if (holdOthersOff)
            tables.Lock();
        PostgresState state = Load(connection);
        RegistryCheck.EnsureWritable(state.Snapshot);
        var change = new RegistryEdit(state.Snapshot);
        T result = edit(change);
        if (!change.MainChanged && !change.SidecarChanged)
            return (true, result);
        if (!tables.TryWrite(state, change.MainChanged ? change.FinishMain() : change.Main, change.SidecarChanged ? change.FinishSidecar() : change.Sidecar))
            return (false, result);
        transaction.Commit();
        return (true, result);
    }

    private RegistrySnapshot Find(NpgsqlConnection connection, string? from)
    {
        if (from is not null && !PostgresAddress.IsAddress(from))
        {
            RegistryFiles files = RegistryFiles.Read(Path.GetFullPath(from));
            return files.Main is null ? throw NoBackup(from) : files.Parse(Path.GetFullPath(from));
        }

        var tables = new PostgresTables(connection, Location);
        if (from?.IndexOf(KeptMark, StringComparison.Ordinal) is { } kept and >= 0)
            return tables.Kept().FirstOrDefault(k => k.Id.ToString(CultureInfo.InvariantCulture) == from[(kept + KeptMark.Length)..]).Files?.Parse(from) ?? throw NoBackup(from);
        string? wanted = from?[(from.LastIndexOf('-') + 1)..];
        return tables.History(Load(connection)).Select(h => h.Before).FirstOrDefault(b => wanted is null || b.Revision.ToString(CultureInfo.InvariantCulture) == wanted)?.Snapshot ?? throw NoBackup(from ?? Location);
    }

    private static HafsException NoBackup(string from) => new(ErrorKind.NotFound, "BackupNotFound", $"{from}: there is no such backup", from, "Get-ModelRegistryBackup (hafs registry backups) lists them.");

    private PostgresState Load(NpgsqlConnection connection)
    {
        PostgresState state = new PostgresTables(connection, Location).Load(States.GetValueOrDefault(Location));
        if (States.Count >= MaxStates && !States.ContainsKey(Location))
            States.Clear();
        return States[Location] = state;
    }

    private T Connected<T>(Func<NpgsqlConnection, T> work)
    {
        try
        {
            using var connection = new NpgsqlConnection(address.ConnectionString);
            connection.Open();
            PostgresSchema.Migrate(connection, Location, JsonText.Write(RegistryFiles.NewMain()), JsonText.Write(RegistrySidecar.New()));
            return work(connection);
        }
        catch (PostgresException exception)
        {
            (ErrorKind kind, string id, string hint) = exception.SqlState switch
            {
                PostgresErrorCodes.InvalidPassword or PostgresErrorCodes.InvalidAuthorizationSpecification => (ErrorKind.PermissionDenied, "RegistryAccessDenied", PasswordHint),
                PostgresErrorCodes.InsufficientPrivilege => (ErrorKind.PermissionDenied, "RegistryAccessDenied", "The user needs the right to create tables in its schema, once."),
                PostgresErrorCodes.InvalidCatalogName => (ErrorKind.NotFound, "RegistryNotFound", "Create the database first: createdb NAME."),
                PostgresErrorCodes.DiskFull => (ErrorKind.ResourceExhausted, "RegistryWriteFailed", "The registry is as it was."),
                _ => (ErrorKind.Unavailable, "RegistryUnavailable", "The registry is as it was."),
            };
            throw new HafsException(kind, id, $"{Location}: {exception.MessageText}", Location, hint, exception);
        }
        catch (NpgsqlException exception)
        {
            // The server asked for a password and there was none to send: Npgsql tells this by its words alone.
            if (exception.Message.Contains("password", StringComparison.OrdinalIgnoreCase))
                throw new HafsException(ErrorKind.PermissionDenied, "RegistryAccessDenied", $"{Location}: {exception.Message}", Location, PasswordHint, exception);
            string reason = exception.InnerException is { } inner and not EndOfStreamException ? inner.Message : exception.Message;
            throw new HafsException(ErrorKind.Unavailable, "RegistryUnavailable", $"{Location}: {reason}", Location, "Is the server running, and does the address say where?", exception);
        }
    }
}
