namespace HafsModels.Transfer.Remote;

/// <summary>What the OpenSSH client and the programs it ran complain of, as errors of this library.</summary>
internal static class SshError
{
    private const int ClientFailed = 255;

    private sealed record Complaint(string Text, ErrorKind Kind, string Id, string Meaning, string? Hint = null);

    // The first that fits counts.
    private static readonly Complaint[] OfClient =
    [
        new("REMOTE HOST IDENTIFICATION HAS CHANGED", ErrorKind.PermissionDenied, "HostKeyChanged", "its host key is another than the one in known_hosts, so it may be another machine; nothing was sent to it", "Ask whoever runs it whether the key was changed; only then remove the old one: ssh-keygen -R HOST."),
        new("Host key verification failed", ErrorKind.PermissionDenied, "HostKeyUnknown", "its host key is not in known_hosts", "Connect once with ssh, compare the fingerprint, and accept it."),
        new("Could not resolve hostname", ErrorKind.NotFound, "HostUnknown", "no machine of that name is known", "Name a [hosts.NAME] of sync.toml, or a Host of your ssh configuration."),
        new("Permission denied (", ErrorKind.PermissionDenied, "SshRefused", "it accepts none of your keys for that account", "Try it with ssh; name the key in ssh_key of sync.toml, in your ssh configuration, or add it to the agent."),
        new("Too many authentication failures", ErrorKind.PermissionDenied, "SshRefused", "it accepts none of your keys for that account", "Name the right key in ssh_key of sync.toml."),
        new("Bad configuration option", ErrorKind.InvalidData, "SshConfigInvalid", "your ssh configuration is not valid"),
        new("UNPROTECTED PRIVATE KEY FILE", ErrorKind.PermissionDenied, "SshKeyUnprotected", "others may read the private key", "Take their access away: chmod 600."),
    ];

    private static readonly Complaint[] OfPrograms =
    [
        new("No space left on device", ErrorKind.ResourceExhausted, "RemoteDiskFull", "there is no space left"),
        new("Disk quota exceeded", ErrorKind.ResourceExhausted, "RemoteDiskFull", "the disk quota is used up"),
        new("not enough space on the disk", ErrorKind.ResourceExhausted, "RemoteDiskFull", "there is no space left"),
        new("Permission denied", ErrorKind.PermissionDenied, "RemotePermissionDenied", "the account may not do that there"),
        new("Operation not permitted", ErrorKind.PermissionDenied, "RemotePermissionDenied", "the account may not do that there"),
        new("Read-only file system", ErrorKind.PermissionDenied, "RemotePermissionDenied", "the file system is read-only"),
        new("is denied", ErrorKind.PermissionDenied, "RemotePermissionDenied", "the account may not do that there"),
        new("File exists", ErrorKind.AlreadyExists, "RemotePathExists", "something is there already"),
        new("Not a directory", ErrorKind.NotFound, "RemotePathNotFound", "a file is in the way"),
        new("No such file or directory", ErrorKind.NotFound, "RemotePathNotFound", "there is no such path"),
        new("Could not find", ErrorKind.NotFound, "RemotePathNotFound", "there is no such path"),
    ];

    /// <summary>The error for a command that failed.</summary>
    /// <param name="host">The machine.</param>
    /// <param name="path">What the command was about.</param>
    /// <param name="exitCode">Exit code of the client.</param>
    /// <param name="complaints">What it wrote to standard error.</param>
    public static HafsException Create(string host, string path, int exitCode, string complaints)
    {
        bool client = exitCode == ClientFailed;
        string last = complaints.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).LastOrDefault() ?? $"exit code {exitCode}";
        Complaint? known = (client ? OfClient : OfPrograms).FirstOrDefault(c => complaints.Contains(c.Text, StringComparison.Ordinal));
        string place = client ? host : $"{host}:{path}";
        return known is null
            ? new HafsException(ErrorKind.Unavailable, client ? "HostUnreachable" : "RemoteCommandFailed", $"{place}: {last}", place)
            : new HafsException(known.Kind, known.Id, $"{place}: {known.Meaning} ({last})", place, known.Hint?.Replace("HOST", host, StringComparison.Ordinal));
    }
}
