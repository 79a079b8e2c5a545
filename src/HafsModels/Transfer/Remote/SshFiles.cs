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
    public async Task ReadAsync(IReadOnlyList<FileRange> files, Func<int, Stream, Task> take, Action<int, string> hashed, CancellationToken cancellationToken)
    {
        for (int first = 0; first < files.Count;)
        {
            FileRange[] next = [.. files.Skip(first)];
            while (next.Length > 1 && commands.Read(next).Length > commands.LongestCommand)
                next = next[..(next.Length / 2)];
            int start = first;
            await ReadSomeAsync(next, (i, content) => take(start + i, content), (i, hash) => hashed(start + i, hash), cancellationToken);
            first += next.Length;
        }
    }

    // One command. The hash stands behind each file's bytes, or as many blanks.
    private async Task ReadSomeAsync(FileRange[] files, Func<int, Stream, Task> take, Action<int, string> hashed, CancellationToken cancellationToken)
    {
        int at = 0;
        List<int> without = [];
        (int exitCode, string complaints) = await client.RunAsync(
            commands.Read(files),
            null,
            async output =>
            {
                byte[] hash = new byte[RemoteCommands.HashLength];
                for (; at < files.Length; at++)
                {
                    var content = new MeteredStream(output, files[at].Bytes - files[at].Offset, _ => { });
                    await take(at, content);
                    if (content.Left > 0 || await output.ReadAtLeastAsync(hash, hash.Length, throwOnEndOfStream: false, cancellationToken) < hash.Length)
                        return;
                    string text = Encoding.Latin1.GetString(hash).TrimEnd(' ');
                    if (text.Length > 0 && (text.Length < hash.Length || !text.All(char.IsAsciiHexDigitLower)))
                        throw Changed(files[at].Path);
                    if (text.Length > 0)
                        hashed(at, text);
                    else
                        without.Add(at);
                }
            },
            cancellationToken);
        if (at < files.Length)
        {
            ThrowIfFailed(files[at].Path, exitCode, complaints);
            throw Changed(files[at].Path);
        }

        foreach (int i in without)
            hashed(i, await HashAsync(files[i].Path, cancellationToken));
    }

    /// <inheritdoc/>
    public async Task<string> WriteAsync(string path, long offset, Stream content, CancellationToken cancellationToken)
    {
        string hash = FirstWord(await TextAsync(commands.Write(path, offset), path, cancellationToken, content));
        return hash.Length > 0 ? hash : await HashAsync(path, cancellationToken);
    }

    /// <inheritdoc/>
    public async Task<string> HashAsync(string path, CancellationToken cancellationToken)
    {
        string hash = "";
        try
        {
            hash = FirstWord(await TextAsync(commands.Hash(path), path, cancellationToken));
        }
        catch (HafsException e) when (e.Id == NoHashId)
        {
            // What it cannot hash itself is read once more and hashed here.
            long bytes = (await ListAsync(path, cancellationToken) ?? throw NotFound(path, ""))[0].Bytes;
            (int exitCode, string complaints) = await client.RunAsync(
                commands.Read([new FileRange(path, 0, bytes)]),
                null,
                async output =>
                {
                    hash = Convert.ToHexStringLower(await SHA256.HashDataAsync(new MeteredStream(output, bytes, _ => { }), cancellationToken));
                    await output.CopyToAsync(Stream.Null, cancellationToken);
                },
                cancellationToken);
            ThrowIfFailed(path, exitCode, complaints);
        }

        return hash;
    }

    /// <inheritdoc/>
    public Task MoveAsync(string from, string to, CancellationToken cancellationToken) => TextAsync(commands.Move(from, to), to, cancellationToken);

    /// <summary>Ends the connections.</summary>
    public void Dispose() => client.Dispose();

    private static RemoteCommands Commands(SyncHost host) => host.IsWindows ? RemoteCommands.Windows : RemoteCommands.Posix;

    private static string FirstWord(string line) => line.Split(' ')[0];

    private async Task<string> TextAsync(string command, string path, CancellationToken cancellationToken, Stream? input = null)
    {
        string text = "";
        (int exitCode, string complaints) = await client.RunAsync(
            command,
            input,
            async output =>
            {
                using var reader = new StreamReader(output, new UTF8Encoding(false));
                text = await reader.ReadToEndAsync(cancellationToken);
            },
            cancellationToken);
        ThrowIfFailed(path, exitCode, complaints);
        return text;
    }

    private void ThrowIfFailed(string path, int exitCode, string complaints)
    {
        if (exitCode == RemoteCommands.NothingThere)
            throw NotFound(path, complaints);
        if (exitCode == RemoteCommands.NoProgram)
            throw new HafsException(ErrorKind.Unsupported, NoHashId, $"{Name}: a program is missing: {complaints.Trim()}", Name, "Is its platform in sync.toml the right one?");
        if (exitCode != 0)
            throw SshError.Create(Name, path, exitCode, complaints);
    }

    private HafsException Changed(string path) =>
        new(ErrorKind.Conflict, "FileChanged", $"{Name}: {path} changed while it was read", path, "Wait until nothing writes it, and transfer it again.");

    // A folder on the way that may not be entered hides what is in it.
    private HafsException NotFound(string path, string complaints) =>
        SshError.Create(Name, path, 1, complaints.Contains("Permission denied", StringComparison.Ordinal) ? complaints : "No such file or directory");
}
