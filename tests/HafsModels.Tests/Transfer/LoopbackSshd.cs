using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Runtime.Versioning;
using HafsModels.Transfer;
using HafsModels.Transfer.Remote;

namespace HafsModels.Tests.Transfer;

/// <summary>
/// A real sshd on loopback with keys, known hosts and client configuration of its own. Its hosts: <c>rig</c>; <c>other</c>, whose host key is recorded
/// wrongly; <c>new</c>, whose key is not recorded; <c>refused</c>, with a key nobody accepts; <c>limited</c>, an account that may do little; <c>shared</c>, to
/// which the configuration shares a connection; <c>beyond</c>, which is reached through rig; <c>chosen</c>, for which a cipher is chosen; <c>silent</c>, which takes connections and says nothing;
/// <c>shelled</c>, an account whose shell is <see cref="AccountShell"/>. Where pwsh is there, all have it as powershell.
/// </summary>
[UnsupportedOSPlatform("windows")]
public sealed class LoopbackSshd : IDisposable
{
    private readonly Process? process;
    private readonly TcpListener silent = new(IPAddress.Loopback, 0);

    public LoopbackSshd()
    {
        if (Environment.GetEnvironmentVariable("HAFS_SSHD") is not { } sshd || !File.Exists(sshd))
            return;
        Folder = Directory.CreateTempSubdirectory("hafsmodels-sshd-").FullName;
        // The limited account passes through to what it may read.
        File.SetUnixFileMode(Folder, (UnixFileMode)0b111_101_101);
        foreach (string key in new[] { "host", "wrong", "user", "stranger", "limited", "shelled" })
            Run("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", File_(key));
        string forced = Environment.UserName == "root" ? "setpriv --reuid=65534 --regid=65534 --clear-groups " : "";
        File.WriteAllText(File_("authorized"), File.ReadAllText(File_("user.pub")) + $"command=\"{forced}sh -c \\\"$SSH_ORIGINAL_COMMAND\\\"\" " + File.ReadAllText(File_("limited.pub"))
            + $"command=\"$(cat {File_("shell")}) -c \\\"$SSH_ORIGINAL_COMMAND\\\"\" " + File.ReadAllText(File_("shelled.pub")));
        if (PowerShellProgram.Path is { } pwsh)
            File.CreateSymbolicLink(Path.Combine(Directory.CreateDirectory(File_("bin")).FullName, "powershell"), pwsh);
        if (Environment.UserName == "root")
            Directory.CreateDirectory("/run/sshd");
        int port = FreePort();
        File.WriteAllText(File_("sshd_config"), $"""
            Port {port}
            ListenAddress 127.0.0.1
            HostKey {File_("host")}
            AuthorizedKeysFile {File_("authorized")}
            PidFile none
            UsePAM no
            StrictModes no
            PasswordAuthentication no
            KbdInteractiveAuthentication no
            PermitRootLogin prohibit-password
            MaxStartups 100
            Subsystem sftp internal-sftp
            SetEnv PATH={File_("bin")}:{Environment.GetEnvironmentVariable("PATH")}
            """);
        string Known(string name, string key) => $"{name} {File.ReadAllText(File_(key + ".pub"))}";
        File.WriteAllText(File_("known_hosts"), string.Concat(new[] { "rig", "refused", "limited", "shared", "beyond", "chosen", "shelled" }.Select(n => Known(n, "host"))) + Known("other", "wrong"));
        silent.Start();
        (string Host, string Key, string More)[] hosts =
        [
            ("rig", "user", ""), ("other", "user", ""), ("new", "user", ""), ("refused", "stranger", ""), ("limited", "limited", ""), ("shelled", "shelled", ""),
            ("shared", "user", $"  ControlMaster auto\n  ControlPersist 2\n  ControlPath {File_("%C")}\n"), ("beyond", "user", "  ProxyJump rig\n"), ("chosen", "user", "  Ciphers aes256-ctr\n"),
            ("silent", "user", $"  Port {((IPEndPoint)silent.LocalEndpoint).Port}\n"),
        ];
        File.WriteAllText(File_("config"), $"""
            {string.Concat(hosts.Select(h => $"Host {h.Host}\n  HostKeyAlias {h.Host}\n  IdentityFile {File_(h.Key)}\n{h.More}"))}
            Host *
              HostName 127.0.0.1
              Port {port}
              User {Environment.UserName}
              IdentitiesOnly yes
              IdentityAgent none
              UserKnownHostsFile {File_("known_hosts")}
              GlobalKnownHostsFile /dev/null
            """);
        Environment.SetEnvironmentVariable(SshClient.ConfigVariable, File_("config"));
        process = Process.Start(new ProcessStartInfo(sshd, ["-D", "-e", "-f", File_("sshd_config")]) { RedirectStandardError = true })!;
        process.ErrorDataReceived += (_, _) => { };
        process.BeginErrorReadLine();
        for (int i = 0; i < 100 && !Answers(port); i++)
            Thread.Sleep(50);
    }

    public string Folder { get; } = "";

    /// <summary>The server, which starts one process for each connection.</summary>
    public int ProcessId => process!.Id;

    internal static SyncPreferences Preferences { get; } = new(null, TimeSpan.FromSeconds(30), true, 3);

    internal static SshFiles Files(string host, SyncPreferences? preferences = null, string platform = "linux") => new(new SyncHost(host, host, null, platform, null), preferences ?? Preferences);

    /// <summary>The shell of the account at <c>shelled</c>.</summary>
    public string AccountShell { set => File.WriteAllText(File_("shell"), value); }

    /// <summary>How many have connected to <c>silent</c> since the last call.</summary>
    public int TakeSilentConnections()
    {
        int count = 0;
        for (; silent.Pending(); count++)
            silent.AcceptSocket().Dispose();
        return count;
    }

    public string NewFolder() => Directory.CreateDirectory(Path.Combine(Folder, Guid.NewGuid().ToString("N"))).FullName;

    public void Dispose()
    {
        Environment.SetEnvironmentVariable(SshClient.ConfigVariable, null);
        process?.Kill(entireProcessTree: true);
        process?.Dispose();
        silent.Dispose();
        if (Folder.Length > 0)
            Directory.Delete(Folder, recursive: true);
    }

    private string File_(string name) => Path.Combine(Folder, name);

    private static void Run(string program, params string[] arguments)
    {
        using Process run = Process.Start(program, arguments);
        run.WaitForExit();
        if (run.ExitCode != 0)
            throw new InvalidOperationException($"{program} ended with {run.ExitCode}");
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    private static bool Answers(int port)
    {
        try
        {
            using var client = new TcpClient("127.0.0.1", port);
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
