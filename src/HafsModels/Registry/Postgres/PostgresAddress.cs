using Npgsql;

namespace HafsModels.Registry.Postgres;

/// <summary>Where a registry lies in PostgreSQL: <c>postgres://user@host:port/database?sslmode=require</c>.</summary>
/// <param name="Display">The address without its password: what records, messages and pipelines carry.</param>
/// <param name="ConnectionString">What Npgsql connects with.</param>
internal sealed record PostgresAddress(string Display, string ConnectionString)
{
    private static readonly string[] Schemes = ["postgres", "postgresql"];

    /// <summary>Whether a registry's name is an address and no path.</summary>
    public static bool IsAddress(string named) => named.Contains("://", StringComparison.Ordinal);

    /// <summary>Reads an address.</summary>
    /// <param name="named">The address.</param>
    /// <param name="isFromEnvironment">Whether the variable named it, the one place where it may hold a password: command lines and records are seen by others.</param>
    /// <exception cref="HafsException">It is no address of PostgreSQL, or holds a password where it should not.</exception>
    public static PostgresAddress Parse(string named, bool isFromEnvironment)
    {
        if (!Uri.TryCreate(named, UriKind.Absolute, out Uri? uri) || !Schemes.Contains(uri.Scheme))
            throw new HafsException(ErrorKind.Unsupported, "RegistryKindUnsupported", $"'{Redact(named)}' names no registry: it is neither a file nor postgres://…", Redact(named), "Write postgres://USER@HOST:PORT/DATABASE, or a path.");
        string[] user = uri.UserInfo.Split(':', 2);
        if (user.Length == 2 && !isFromEnvironment)
        {
            throw new HafsException(ErrorKind.InvalidArgument, "RegistryPasswordShown", $"{Redact(named)}: the address holds a password, which others could read from the command line and the records",
                Redact(named), $"Put it into {RegistryPath.Variable}, PGPASSWORD or the password file (~/.pgpass).");
        }

        var builder = new NpgsqlConnectionStringBuilder { ApplicationName = "HafsModels" };
        try
        {
            foreach (string pair in uri.Query.TrimStart('?').Split('&', StringSplitOptions.RemoveEmptyEntries))
            {
                string[] option = pair.Split('=', 2);
                builder[Uri.UnescapeDataString(option[0])] = Uri.UnescapeDataString(option.Length == 2 ? option[1] : "true");
            }
        }
        catch (ArgumentException exception)
        {
            throw new HafsException(ErrorKind.InvalidArgument, "RegistryAddressOption", $"{Redact(named)}: {exception.Message}", Redact(named), inner: exception);
        }

        if (uri.Host.Length > 0)
            builder.Host = uri.Host;
        if (uri.Port > 0)
            builder.Port = uri.Port;
        builder.Database = uri.AbsolutePath.Length > 1 ? Uri.UnescapeDataString(uri.AbsolutePath[1..]) : "hafsmodels";
        if (user[0].Length > 0)
            builder.Username = Uri.UnescapeDataString(user[0]);
        string display = Redact(named);
        if (user.Length == 2)
            builder.Password = Uri.UnescapeDataString(user[1]);
        else if (Environment.GetEnvironmentVariable(RegistryPath.Variable) is { } known && IsAddress(known) && Redact(known) == display && known != named)
            return Parse(known, isFromEnvironment: true);
        return new PostgresAddress(display, builder.ConnectionString);
    }

    /// <summary>The address without a password.</summary>
    private static string Redact(string named)
    {
        int start = named.IndexOf("://", StringComparison.Ordinal) + 3, end = named.IndexOf('/', start);
        int at = named.LastIndexOf('@', (end < 0 ? named.Length : end) - 1), colon = at < start ? -1 : named.IndexOf(':', start, at - start);
        return colon < 0 ? named : string.Concat(named.AsSpan(0, colon), named.AsSpan(at));
    }
}
