using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace HafsModels.Transfer.Remote;

/// <summary>Files of another machine, by commands through ssh.</summary>
/// <param name="host">The machine.</param>
/// <param name="preferences">Timeout of connections.</param>
internal sealed class SshFiles(SyncHost host, SyncPreferences preferences) : IModelFiles
{
    private const string NoHashId = "RemoteProgramMissing";

    private readonly RemoteCommands commands = Commands(host);
    private readonly SshClient client = new(host, preferences, Commands(host).Wait);

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
    public async Task<long?> FreeBytesAsync(string path, CancellationToken cancellationToken) =>
        long.TryParse(await TextAsync(commands.Free(path), path, cancellationToken), NumberStyles.AllowLeadingWhite | NumberStyles.AllowTrailingWhite, CultureInfo.InvariantCulture, out long kibibytes) ? kibibytes * 1024 : null;

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

    /// <summary>Ends the connections.</summary>
    public void Dispose() => client.Dispose();

    private static RemoteCommands Commands(SyncHost host) => host.IsWindows ? RemoteCommands.Windows : RemoteCommands.Posix;

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
        (int exitCode, string complaints) = await client.RunAsync(command, input, take, cancellationToken);
        if (exitCode == RemoteCommands.NothingThere)
            throw NotFound(path, complaints);
        if (exitCode == RemoteCommands.NoProgram)
            throw new HafsException(ErrorKind.Unsupported, NoHashId, $"{Name}: a program is missing: {complaints.Trim()}", Name, "Is its platform in sync.toml the right one?");
        if (exitCode != 0)
            throw SshError.Create(Name, path, exitCode, complaints);
    }

    // A folder on the way that may not be entered hides what is in it.
    private HafsException NotFound(string path, string complaints) =>
        SshError.Create(Name, path, 1, complaints.Contains("Permission denied", StringComparison.Ordinal) ? complaints : "No such file or directory");
}
