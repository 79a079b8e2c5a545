using System.Diagnostics;
using System.IO.Pipes;
using System.Runtime.InteropServices;
using System.Text;
using Microsoft.Win32.SafeHandles;
using Arm = System.Runtime.Intrinsics.Arm;
using X86 = System.Runtime.Intrinsics.X86;

namespace HafsModels.Transfer.Remote;

/// <summary>
/// Commands on another machine, through the system's OpenSSH client: its configuration, agent, known hosts and jumps hold as for anyone who types ssh.
/// It asks nothing (BatchMode), and host keys are always checked. The commands share a connection, where the client can do that and the user's
/// configuration does not share one already.
/// </summary>
/// <param name="host">The machine.</param>
/// <param name="preferences">Timeout of connections.</param>
/// <param name="waitCommand">A command that ends when its input does: it holds the connection open.</param>
internal sealed partial class SshClient(SyncHost host, SyncPreferences preferences, string waitCommand) : IDisposable
{
    /// <summary>The variable that names an ssh configuration to use in place of the user's (<c>ssh -F</c>).</summary>
    public const string ConfigVariable = "HAFS_SSH_CONFIG";

    private const string FastCipher = "aes128-gcm@openssh.com";

    private const int PollMilliseconds = 5;

    // What the kernel gives accounts without privileges; a pipe's own 64 KiB make the client and its reader wait for each other all the time.
    private const int PipeBytes = 1 << 20, SetPipeSize = 1031;

    // Addresses of Unix sockets may have 104 bytes, and ssh appends a suffix of 17 while it makes one.
    private const int LongestSocketPath = 80;

    private readonly SemaphoreSlim opening = new(1);
    private Process? connection;
    private string? socketFolder;
    private string socket = "";
    private Settings? settings;

    /// <summary>What the user's configuration leaves to this client.</summary>
    /// <param name="Shares">Whether the commands may share connections of their own.</param>
    /// <param name="Options">Options for each command.</param>
    internal sealed record Settings(bool Shares, string[] Options);

    /// <summary>Runs a command: its input is written, its output taken, and what it complains of returned with its exit code.</summary>
    /// <exception cref="HafsException">The machine cannot be reached, is not the one it was, or lets nobody in.</exception>
    public async Task<(int ExitCode, string Complaints)> RunAsync(string command, Stream? input, Func<Stream, Task>? take, CancellationToken cancellationToken)
    {
        using Process process = Start(await IsSharedAsync(cancellationToken) ? ["-S", socket, "-o", "ControlMaster=no"] : [], command);
        await using CancellationTokenRegistration stop = cancellationToken.Register(() => Stop(process));
        Task<string> complaints = process.StandardError.ReadToEndAsync(CancellationToken.None);
        try
        {
            if (input is not null)
                await Task.Run(() => Send(input, process.StandardInput.BaseStream, cancellationToken), cancellationToken);

            // The stream and not its writer, whose end would be an error where the other side took no more.
            process.StandardInput.BaseStream.Close();
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

    /// <summary>Ends the connection.</summary>
    public void Dispose()
    {
        if (connection is not null)
            End(connection);
        opening.Dispose();
        if (socketFolder is not null)
            Directory.Delete(socketFolder, recursive: true);
    }

    // Whether the connection is there for one more command; else each makes its own.
    private async Task<bool> IsSharedAsync(CancellationToken cancellationToken)
    {
        await opening.WaitAsync(cancellationToken);
        try
        {
            settings ??= await ReadSettingsAsync(cancellationToken);
            if (settings.Shares && connection is not { HasExited: false })
            {
                connection?.Dispose();
                connection = null;
                connection = await ConnectAsync(cancellationToken);
            }

            return settings.Shares;
        }
        finally
        {
            opening.Release();
        }
    }

    /// <summary>Asks the client what the user's configuration says of the machine.</summary>
    internal async Task<Settings> ReadSettingsAsync(CancellationToken cancellationToken)
    {
        string[][] asked = await Task.WhenAll(SettingsAsync(["-G"], cancellationToken), SettingsAsync(["-F", "none", "-G"], cancellationToken));
        string[] configured = asked[0];

        // OpenSSH for Windows shares none. Where the user's configuration does, the one that is open may be the only way in (a second factor was asked for).
        bool shares = !OperatingSystem.IsWindows() && Path.GetTempPath().Length <= LongestSocketPath - 20
            && !configured.Any(line => line.StartsWith("controlpath ", StringComparison.OrdinalIgnoreCase) && !line.EndsWith(" none", StringComparison.Ordinal));

        // A cipher that processors have instructions for comes first, unless the user has chosen: it halves the processor time of a connection.
        string? ciphers = Ciphers(configured);
        bool prefers = (X86.Aes.IsSupported || Arm.Aes.IsSupported) && ciphers is not null && ciphers.Split(',').Contains(FastCipher)
            && ciphers == Ciphers(asked[1]);
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

    // The connection stands when its socket does; the far shell may be longer about it.
    private async Task<Process> ConnectAsync(CancellationToken cancellationToken)
    {
        socketFolder ??= Directory.CreateTempSubdirectory("hafs-").FullName;
        socket = Path.Combine(socketFolder, Guid.NewGuid().ToString("N")[..8]);
        Process process = Start(["-M", "-S", socket, "-o", "ControlPersist=no"], waitCommand);
        try
        {
            await using CancellationTokenRegistration stop = cancellationToken.Register(() => Stop(process));
            Task<string> complaints = process.StandardError.ReadToEndAsync(CancellationToken.None);
            while (!File.Exists(socket))
            {
                if (process.HasExited)
                    throw SshError.Create(host.Name, "", process.ExitCode, await complaints);
                await Task.Delay(PollMilliseconds, cancellationToken);
            }

            return process;
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
            Process process = Process.Start(start)!;
            foreach (PipeStream pipe in new[] { process.StandardInput.BaseStream, process.StandardOutput.BaseStream }.OfType<PipeStream>().Where(_ => OperatingSystem.IsLinux()))
                _ = SetFileControl(pipe.SafePipeHandle, SetPipeSize, PipeBytes);
            return process;
        }
        catch (System.ComponentModel.Win32Exception e)
        {
            throw new HafsException(ErrorKind.NotFound, "SshMissing", "the OpenSSH client (ssh) is not on the PATH", "ssh", "Install it: openssh-client on Debian, the optional feature OpenSSH Client on Windows.", e);
        }
    }

    [LibraryImport("libc", EntryPoint = "fcntl")]
    private static partial int SetFileControl(SafePipeHandle file, int command, int value);

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
