using HafsModels.Registry.Postgres;

namespace HafsModels.Registry;

/// <summary>Where the registry lies, and the files beside it.</summary>
internal static class RegistryPath
{
    /// <summary>The variable that names a registry. hafs' HAFS_MODEL_REGISTRY_PATH names another file (registry.toml) and is not read.</summary>
    public const string Variable = "HAFS_REGISTRY";

    /// <summary>The store that keeps a registry: a path, or <c>postgres://…</c>; as given, else <c>HAFS_REGISTRY</c>, else the default path.</summary>
    public static IRegistryStore Store(string? given, TimeSpan lockTimeout)
    {
        string? named = !string.IsNullOrEmpty(given) ? given : Environment.GetEnvironmentVariable(Variable);
        return named is not null && PostgresAddress.IsAddress(named)
            ? new PostgresRegistryStore(PostgresAddress.Parse(named, isFromEnvironment: string.IsNullOrEmpty(given)))
            : new FileRegistryStore(Resolve(given), lockTimeout);
    }

    /// <summary>Full path: as given, else <c>HAFS_REGISTRY</c>, else <c>~/.context/models/registry.json</c>. Links are followed, so that a write replaces the file and not the link.</summary>
    public static string Resolve(string? path)
    {
        string named = !string.IsNullOrEmpty(path) ? path : Environment.GetEnvironmentVariable(Variable) is { Length: > 0 } set ? set : Path.Combine("~", ".context", "models", "registry.json");
        if (named.StartsWith("~/", StringComparison.Ordinal) || named.StartsWith("~\\", StringComparison.Ordinal))
        {
            string home = Environment.GetFolderPath(Environment.SpecialFolder.UserProfile, Environment.SpecialFolderOption.DoNotVerify);
            if (home.Length == 0)
                throw new HafsException(ErrorKind.InvalidArgument, "HomeUnknown", "The registry lies in the home folder, and this account has none.", named, $"Set {Variable} or give a path.");
            named = Path.Combine(home, named[2..]);
        }

        string full = Path.GetFullPath(named);
        if (Directory.Exists(full))
            full = Path.Combine(full, "registry.json");
        return new FileInfo(full).LinkTarget is null ? full : File.ResolveLinkTarget(full, returnFinalTarget: true)!.FullName;
    }

    /// <summary>The file beside a registry for what has no place in hafs' schema: <c>registry.hafsmodels.json</c>.</summary>
    public static string Sidecar(string registry) => Path.ChangeExtension(registry, ".hafsmodels.json");
}
