using System.Diagnostics;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace HafsModels.Transfer.Remote;

/// <summary>
/// Files of another machine, through the system's OpenSSH client: its configuration, agent, known hosts and jumps hold as for anyone who types ssh.
/// It asks nothing (BatchMode), and host keys are always checked. Each operation is a connection of its own unless the user's configuration shares them.
/// </summary>
/// <param name="host">The machine.</param>
/// <param name="preferences">Timeout of connections.</param>
internal sealed class SshFiles(SyncHost host, SyncPreferences preferences) : IModelFiles
{
    /// <summary>The variable that names an ssh configuration to use in place of the user's (<c>ssh -F</c>).</summary>
    public const string ConfigVariable = "HAFS_SSH_CONFIG";

    private const int BufferBytes = 1 << 18;
    private readonly RemoteCommands commands = host.IsWindows ? RemoteCommands.Windows : RemoteCommands.Posix;

    /// <inheritdoc/>
    public string Name => host.Name;

    /// <inheritdoc/>
    public PathStyle Style => commands.Style;

    /// <inheritdoc/>
    public Task<string> ResolveAsync(string path, CancellationToken cancellationToken) => TextAsync(commands.Resolve(path), path, cancellationToken);

    /// <inheritdoc/>
    public async Task<IReadOnlyList<RemoteFile>?> ListAsync(string path, CancellationToken cancellationToken)
    {
        string list;
        try
        {
            list = await TextAsync(commands.List(path), path, cancellationToken);
        }
        catch (HafsException e) when (e.Id == "RemotePathNotFound")
        {
            return null;
        }

        return [.. list.Split('\0', StringSplitOptions.RemoveEmptyEntries).Select(line => line.TrimStart(' ')).Select(line => line.IndexOf(' ', StringComparison.Ordinal) is > 0 and var blank
            && long.TryParse(line.AsSpan(0, blank), NumberStyles.None, CultureInfo.InvariantCulture, out long bytes)
            ? new RemoteFile(line[(blank + 1)..], bytes)
            : throw new HafsException(ErrorKind.InvalidData, "RemoteListInvalid", $"{Name}: '{HumanNumber.OneLine(line, 80)}' where a file and its size must be; the account's shell prints something of its own", Name, "Let its startup files print nothing for commands."))];
    }

    /// <inheritdoc/>
    public Task ReadAsync(string path, long offset, Func<Stream, Task> take, CancellationToken cancellationToken) =>
        RunAsync(commands.Read(path, offset), path, null, take, cancellationToken);

    /// <inheritdoc/>
    public Task WriteAsync(string path, long offset, Stream content, CancellationToken cancellationToken) =>
        RunAsync(commands.Write(path, offset), path, content, null, cancellationToken);

    /// <inheritdoc/>
    public async Task<string> HashAsync(string path, CancellationToken cancellationToken)
    {
        string hash = "";
        try
        {
            hash = (await TextAsync(commands.Hash(path), path, cancellationToken)).Split(' ')[0];
        }
        catch (HafsException e) when (e.Id == NoHashId)
        {
            // What it cannot hash itself is read once more and hashed here.
            await ReadAsync(path, 0, async s => hash = Convert.ToHexStringLower(await SHA256.HashDataAsync(s, cancellationToken)), cancellationToken);
        }

        return hash;
    }

    /// <inheritdoc/>
    public Task MoveAsync(string from, string to, CancellationToken cancellationToken) => RunAsync(commands.Move(from, to), to, null, null, cancellationToken);

    private const string NoHashId = "RemoteProgramMissing";

    private async Task<string> TextAsync(string command, string path, CancellationToken cancellationToken)
    {
        string text = "";
        await RunAsync(
            command,
            path,
            null,
            async output =>
            {
                using var reader = new StreamReader(output, new UTF8Encoding(false));
                text = await reader.ReadToEndAsync(cancellationToken);
            },
            cancellationToken);
        return text;
    }

    private async Task RunAsync(string command, string path, Stream? input, Func<Stream, Task>? take, CancellationToken cancellationToken)
    {
        using Process process = Start(command);
        await using CancellationTokenRegistration stop = cancellationToken.Register(() => Stop(process));
        Task<string> complaints = process.StandardError.ReadToEndAsync(CancellationToken.None);
        try
        {
            if (input is not null)
                await SendAsync(input, process, cancellationToken);
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
        if (process.ExitCode == RemoteCommands.NothingThere)
            throw NotFound(path, await complaints);
        if (process.ExitCode == RemoteCommands.NoProgram)
            throw new HafsException(ErrorKind.Unsupported, NoHashId, $"{Name}: a program is missing: {(await complaints).Trim()}", Name, "Is its platform in sync.toml the right one?");
        if (process.ExitCode != 0)
            throw SshError.Create(Name, path, process.ExitCode, await complaints);
    }

    // A folder on the way that may not be entered hides what is in it.
    private HafsException NotFound(string path, string complaints) =>
        SshError.Create(Name, path, 1, complaints.Contains("Permission denied", StringComparison.Ordinal) ? complaints : "No such file or directory");

    private static async Task SendAsync(Stream input, Process process, CancellationToken cancellationToken)
    {
        byte[] buffer = new byte[BufferBytes];
        Stream pipe = process.StandardInput.BaseStream;
        while (await input.ReadAsync(buffer, cancellationToken) is > 0 and var read)
        {
            try
            {
                await pipe.WriteAsync(buffer.AsMemory(0, read), cancellationToken);
            }
            catch (IOException)
            {
                // The other side took no more: its exit code and words say why.
                return;
            }
        }
    }

    private Process Start(string command)
    {
        var start = new ProcessStartInfo("ssh") { RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true, UseShellExecute = false, CreateNoWindow = true };
        int seconds = (int)Math.Ceiling(preferences.SshTimeout.TotalSeconds);
        if (Environment.GetEnvironmentVariable(ConfigVariable) is { Length: > 0 } config)
            Add(start, "-F", config);
        Add(start, "-T", "-o", "BatchMode=yes", "-o", $"ConnectTimeout={seconds}", "-o", $"ServerAliveInterval={Math.Max(1, seconds / 3)}", "-o", "ServerAliveCountMax=3");
        if (host.SshKey is { } key)
            Add(start, "-i", key);
        if (host.UserName is { Length: > 0 } user)
            Add(start, "-l", user);
        Add(start, "--", host.HostName, command);
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
