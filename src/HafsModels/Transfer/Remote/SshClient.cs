using System.Diagnostics;
using System.Text;
using Arm = System.Runtime.Intrinsics.Arm;
using X86 = System.Runtime.Intrinsics.X86;

namespace HafsModels.Transfer.Remote;

/// <summary>
/// Commands on another machine, through the system's OpenSSH client: its configuration, agent, known hosts and jumps hold as for anyone who types ssh.
/// It asks nothing (BatchMode), and host keys are always checked. The commands share two connections, where the client can do that and the user's
/// configuration does not share them already.
/// </summary>
/// <param name="host">The machine.</param>
/// <param name="preferences">Timeout of connections.</param>
/// <param name="waitCommand">A command that prints <see cref="Ready"/> and ends when its input does: it holds a connection open.</param>
internal sealed class SshClient(SyncHost host, SyncPreferences preferences, string waitCommand) : IDisposable
{
    /// <summary>The variable that names an ssh configuration to use in place of the user's (<c>ssh -F</c>).</summary>
    public const string ConfigVariable = "HAFS_SSH_CONFIG";

    /// <summary>The line by which a connection says that it is there.</summary>
    public const string Ready = "hafs-is-ready";

    private const string FastCipher = "aes128-gcm@openssh.com";

    // Two encrypt on two cores; more gained nothing, and each costs the time of four short commands to come about.
    private const int MostConnections = 2;

    // Addresses of Unix sockets may have 104 bytes, and ssh appends a suffix of 17 while it makes one.
    private const int LongestSocketPath = 80;

    private readonly SemaphoreSlim opening = new(1);
    private readonly List<Connection> connections = [];
    private string? socketFolder;
    private Settings? settings;

    /// <summary>What the user's configuration leaves to this client.</summary>
    /// <param name="Shares">Whether the commands may share connections of their own.</param>
    /// <param name="Options">Options for each command.</param>
    internal sealed record Settings(bool Shares, string[] Options);

    private sealed class Connection(Process process, string socket)
    {
        public Process Process { get; } = process;

        public string Socket { get; } = socket;

        public int Commands;
    }

    /// <summary>Runs a command: its input is written, its output taken, and what it complains of returned with its exit code.</summary>
    /// <exception cref="HafsException">The machine cannot be reached, is not the one it was, or lets nobody in.</exception>
    public async Task<(int ExitCode, string Complaints)> RunAsync(string command, Stream? input, Func<Stream, Task>? take, CancellationToken cancellationToken)
    {
        Connection? connection = await LeaseAsync(cancellationToken);
        try
        {
            using Process process = Start(connection is null ? [] : ["-S", connection.Socket, "-o", "ControlMaster=no"], command);
            await using CancellationTokenRegistration stop = cancellationToken.Register(() => Stop(process));
            Task<string> complaints = process.StandardError.ReadToEndAsync(CancellationToken.None);
            try
            {
                if (input is not null)
                    await Task.Run(() => Send(input, process.StandardInput.BaseStream, cancellationToken), cancellationToken);
                process.StandardInput.Close();
                await (take ?? (output => output.CopyToAsync(Stream.Null, cancellationToken)))(process.StandardOutput.BaseStream);
                await process.WaitForExitAsync(cancellationToken);
            }
            catch
            {
                Stop(process);
                throw;
            }

            cancellationToken.ThrowIfCancellationRequested();
            return (process.ExitCode, await complaints);
        }
        finally
        {
            if (connection is not null)
                Interlocked.Decrement(ref connection.Commands);
        }
    }

    /// <summary>Ends the connections.</summary>
    public void Dispose()
    {
        foreach (Connection connection in connections)
            End(connection.Process);
        opening.Dispose();
        if (socketFolder is not null)
            Directory.Delete(socketFolder, recursive: true);
    }

    // The connection for one more command; null when each makes its own.
    private async Task<Connection?> LeaseAsync(CancellationToken cancellationToken)
    {
        await opening.WaitAsync(cancellationToken);
        try
        {
            settings ??= await ReadSettingsAsync(cancellationToken);
            if (!settings.Shares)
                return null;
            foreach (Connection broken in connections.Where(c => c.Process.HasExited).ToArray())
            {
                connections.Remove(broken);
                broken.Process.Dispose();
            }

            Connection? connection = connections.MinBy(c => c.Commands);
            if (connection is null || (connection.Commands > 0 && connections.Count < MostConnections))
                connections.Add(connection = await ConnectAsync(cancellationToken));
            Interlocked.Increment(ref connection.Commands);
            return connection;
        }
        finally
        {
            opening.Release();
        }
    }

    /// <summary>Asks the client what the user's configuration says of the machine.</summary>
    internal async Task<Settings> ReadSettingsAsync(CancellationToken cancellationToken)
    {
        string[] configured = await SettingsAsync(["-G"], cancellationToken);

        // OpenSSH for Windows shares none. Where the user's configuration does, the one that is open may be the only way in (a second factor was asked for).
        bool shares = !OperatingSystem.IsWindows() && Path.GetTempPath().Length <= LongestSocketPath - 20
            && !configured.Any(line => line.StartsWith("controlpath ", StringComparison.OrdinalIgnoreCase) && !line.EndsWith(" none", StringComparison.Ordinal));

        // A cipher that processors have instructions for comes first, unless the user has chosen: it halves the processor time of a connection.
        string? ciphers = Ciphers(configured);
        bool prefers = (X86.Aes.IsSupported || Arm.Aes.IsSupported) && ciphers is not null && ciphers.Split(',').Contains(FastCipher)
            && ciphers == Ciphers(await SettingsAsync(["-F", "none", "-G"], cancellationToken));
        return new Settings(shares, prefers ? ["-o", $"Ciphers={FastCipher},{string.Join(',', ciphers!.Split(',').Where(c => c != FastCipher))}"] : []);

        static string? Ciphers(string[] lines) => lines.FirstOrDefault(l => l.StartsWith("ciphers ", StringComparison.OrdinalIgnoreCase))?[8..];
    }

    private async Task<string[]> SettingsAsync(string[] options, CancellationToken cancellationToken)
    {
        using Process process = Start(options, command: null);
        Task<string> complaints = process.StandardError.ReadToEndAsync(cancellationToken);
        string text = await process.StandardOutput.ReadToEndAsync(cancellationToken);
        await process.WaitForExitAsync(cancellationToken);
        return process.ExitCode == 0 ? text.Split('\n', StringSplitOptions.TrimEntries) : throw SshError.Create(host.Name, "", process.ExitCode, await complaints);
    }

    private async Task<Connection> ConnectAsync(CancellationToken cancellationToken)
    {
        socketFolder ??= Directory.CreateTempSubdirectory("hafs-").FullName;
        string socket = Path.Combine(socketFolder, Guid.NewGuid().ToString("N")[..8]);
        Process process = Start(["-M", "-S", socket, "-o", "ControlPersist=no"], waitCommand);
        try
        {
            await using CancellationTokenRegistration stop = cancellationToken.Register(() => Stop(process));
            Task<string> complaints = process.StandardError.ReadToEndAsync(CancellationToken.None);
            while (await process.StandardOutput.ReadLineAsync(cancellationToken) is { } line)
            {
                if (line.EndsWith(Ready, StringComparison.Ordinal))
                    return new Connection(process, socket);
            }

            await process.WaitForExitAsync(cancellationToken);
            throw SshError.Create(host.Name, "", process.ExitCode, await complaints);
        }
        catch
        {
            End(process);
            throw;
        }
    }

    private static void Send(Stream input, Stream pipe, CancellationToken cancellationToken)
    {
        byte[] buffer = new byte[LocalFiles.BufferBytes];
        while (input.Read(buffer) is > 0 and var read)
        {
            cancellationToken.ThrowIfCancellationRequested();
            try
            {
                pipe.Write(buffer, 0, read);
            }
            catch (IOException)
            {
                // The other side took no more: its exit code and words say why.
                return;
            }
        }
    }

    private Process Start(string[] options, string? command)
    {
        var start = new ProcessStartInfo("ssh")
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            StandardErrorEncoding = new UTF8Encoding(false),
            UseShellExecute = false,
            CreateNoWindow = true,
        };
        int seconds = (int)Math.Ceiling(preferences.SshTimeout.TotalSeconds);
        if (Environment.GetEnvironmentVariable(ConfigVariable) is { Length: > 0 } config)
            Add(start, "-F", config);
        Add(start, options);
        Add(start, settings?.Options ?? []);
        Add(start, "-T", "-o", "BatchMode=yes", "-o", $"ConnectTimeout={seconds}", "-o", $"ServerAliveInterval={Math.Max(1, seconds / 3)}", "-o", "ServerAliveCountMax=3");
        if (host.SshKey is { } key)
            Add(start, "-i", key);
        if (host.UserName is { Length: > 0 } user)
            Add(start, "-l", user);
        Add(start, "--", host.HostName);
        if (command is not null)
            Add(start, command);
        try
        {
            return Process.Start(start)!;
        }
        catch (System.ComponentModel.Win32Exception e)
        {
            throw new HafsException(ErrorKind.NotFound, "SshMissing", "the OpenSSH client (ssh) is not on the PATH", "ssh", "Install it: openssh-client on Debian, the optional feature OpenSSH Client on Windows.", e);
        }
    }

    private static void Add(ProcessStartInfo start, params string[] arguments)
    {
        foreach (string argument in arguments)
            start.ArgumentList.Add(argument);
    }

    // The command at the other end is over with its input, and the connection with the command.
    private static void End(Process process)
    {
        using (process)
        {
            try
            {
                process.StandardInput.Close();
            }
            catch (IOException)
            {
                // It has ended by itself.
            }

            if (!process.WaitForExit(TimeSpan.FromSeconds(1)))
                Stop(process);
        }
    }

    private static void Stop(Process process)
    {
        try
        {
            process.Kill(entireProcessTree: true);
        }
        catch (InvalidOperationException)
        {
            // It has ended by itself.
        }
    }
}
