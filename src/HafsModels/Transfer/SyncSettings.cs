using HafsModels.Transfer.Toml;

namespace HafsModels.Transfer;

/// <summary>
/// What <c>sync.toml</c> says of other machines: mounts, hosts, preferences, folders of deployment. Other programs own the file; it is only read, and
/// keys that mean nothing here are passed over.
/// </summary>
public sealed record SyncSettings
{
    /// <summary>The variable that names the file.</summary>
    public const string Variable = "HAFS_SYNC_CONFIG";

    /// <summary>The file, or null when there is none.</summary>
    public string? Path { get; private init; }

    /// <summary>Folders of other machines that this one sees.</summary>
    public IReadOnlyList<PathMount> Mounts { get; private init; } = [];

    /// <summary>Other machines.</summary>
    public IReadOnlyList<SyncHost> Hosts { get; private init; } = [];

    /// <summary>How transfers are made.</summary>
    public SyncPreferences Preferences { get; private init; } = SyncPreferences.Default;

    /// <summary>Folder for models that are received (<c>[deployment] local_models_dir</c>), or null.</summary>
    public string? LocalModels { get; private init; }

    /// <summary>Folder with llama.cpp's programs (<c>[deployment] llama_cpp_dir</c>), or null.</summary>
    public string? LlamaCpp { get; private init; }

    /// <summary>Reads the settings.</summary>
    /// <param name="path">The file; null for <c>HAFS_SYNC_CONFIG</c>, else the first there is of <c>~/.config/hafs/sync.toml</c>, <c>~/.hafs/sync.toml</c> and <c>./sync.toml</c>, else nothing.</param>
    /// <exception cref="HafsException">The file that was named is not there, is no TOML, or a value has the wrong type.</exception>
    public static SyncSettings Load(string? path = null)
    {
        string? named = !string.IsNullOrEmpty(path) ? path : Environment.GetEnvironmentVariable(Variable) is { Length: > 0 } set ? set : null;
        string? file = named is not null ? Home(named) : DefaultFiles().FirstOrDefault(File.Exists);
        if (file is null)
            return new SyncSettings();
        if (!File.Exists(file))
            throw new HafsException(ErrorKind.NotFound, "SyncConfigNotFound", $"{file} is not there", file, string.IsNullOrEmpty(path) ? $"{Variable} names it." : null);
        file = System.IO.Path.GetFullPath(file);
        return Read(TomlReader.Read(File.ReadAllBytes(file), file), file);
    }

    private static SyncSettings Read(TomlTable root, string file)
    {
        TomlSection deployment = new(root, file, "deployment"), preferences = new(root, file, "preferences");
        return new SyncSettings
        {
            Path = file,
            Mounts = [.. TomlSection.Within(root, file, "mounts").Select(m => PathMount.Create(m.Name, Home(m.Require("local_path")), m.Require("remote_path")))],
            Hosts = [.. TomlSection.Within(root, file, "hosts").Select(h => new SyncHost(
                h.Name, h.Require("hostname"), h.Text("username"), h.Text("platform") ?? "windows", h.Text("ssh_key") is { Length: > 0 } key ? Home(key) : null))],
            Preferences = new SyncPreferences(
                preferences.Text("transfer_method"),
                TimeSpan.FromSeconds(preferences.Number("ssh_timeout", 1, 86_400) ?? SyncPreferences.Default.SshTimeout.TotalSeconds),
                preferences.Flag("retry_on_failure") ?? SyncPreferences.Default.RetryOnFailure,
                (int)(preferences.Number("max_retries", 0, 1000) ?? SyncPreferences.Default.MaxRetries)),
            LocalModels = deployment.Text("local_models_dir") is { Length: > 0 } models ? Home(models) : null,
            LlamaCpp = deployment.Text("llama_cpp_dir") is { Length: > 0 } programs ? Home(programs) : null,
        };
    }

    private static IEnumerable<string> DefaultFiles() =>
        [Home("~/.config/hafs/sync.toml"), Home("~/.hafs/sync.toml"), System.IO.Path.GetFullPath("sync.toml")];

    private static string Home(string path) => path == "~" || path.StartsWith("~/", StringComparison.Ordinal) || path.StartsWith("~\\", StringComparison.Ordinal)
        ? System.IO.Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile, Environment.SpecialFolderOption.DoNotVerify), path.Length > 2 ? path[2..] : "")
        : path;
}
