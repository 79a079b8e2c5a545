namespace HafsModels.Transfer;

/// <summary>Another machine, as <c>[hosts.NAME]</c> of <c>sync.toml</c> describes it.</summary>
/// <param name="Name">Its name in the file.</param>
/// <param name="HostName">Name or address that ssh is given; a <c>Host</c> of the user's ssh configuration will do.</param>
/// <param name="UserName">Account there; null for what ssh's configuration says.</param>
/// <param name="Platform"><c>windows</c>, <c>linux</c>, <c>darwin</c>, …; hafs takes windows without one.</param>
/// <param name="SshKey">File of the private key; null for what ssh's configuration and agent offer.</param>
public sealed record SyncHost(string Name, string HostName, string? UserName, string Platform, string? SshKey)
{
    /// <summary>Whether it runs Windows.</summary>
    public bool IsWindows => Platform.StartsWith("win", StringComparison.OrdinalIgnoreCase);
}
