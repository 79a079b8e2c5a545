using System.Security.Cryptography;

namespace HafsModels.Transfer.Remote;

/// <summary>Files of this machine, and of others through mounts.</summary>
internal sealed class LocalFiles : IModelFiles
{
    private const int BufferBytes = 1 << 20;

    /// <inheritdoc/>
    public string Name => "this machine";

    /// <inheritdoc/>
    public PathStyle Style { get; } = OperatingSystem.IsWindows() ? PathStyle.Windows : PathStyle.Posix;

    /// <inheritdoc/>
    public Task<string> ResolveAsync(string path, CancellationToken cancellationToken) => Task.FromResult(Path.GetFullPath(path));

    /// <inheritdoc/>
    public Task<IReadOnlyList<RemoteFile>?> ListAsync(string path, CancellationToken cancellationToken) => Task.FromResult<IReadOnlyList<RemoteFile>?>(
        File.Exists(path) ? [new RemoteFile("", Length(path))]
        : !Directory.Exists(path) ? null
        : [.. Directory.EnumerateFiles(path, "*", new EnumerationOptions { RecurseSubdirectories = true, AttributesToSkip = 0, IgnoreInaccessible = false })
            .Select(f => new RemoteFile(Path.GetRelativePath(path, f).Replace(Path.DirectorySeparatorChar, '/'), Length(f)))]);

    /// <inheritdoc/>
    public async Task ReadAsync(string path, long offset, Func<Stream, Task> take, CancellationToken cancellationToken)
    {
        await using FileStream file = Open(path);
        file.Position = offset;
        await take(file);
    }

    /// <inheritdoc/>
    public async Task WriteAsync(string path, long offset, Stream content, CancellationToken cancellationToken)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        await using var file = new FileStream(path, FileMode.OpenOrCreate, FileAccess.Write, FileShare.Read, 0, FileOptions.Asynchronous);
        if (offset > file.Length)
            throw new HafsException(ErrorKind.Conflict, "FileChanged", $"{path} is {file.Length} bytes and was {offset}: somebody else changed it", path);
        file.SetLength(offset);
        file.Position = offset;
        await content.CopyToAsync(file, BufferBytes, cancellationToken);
        file.Flush(flushToDisk: true);
    }

    /// <inheritdoc/>
    public async Task<string> HashAsync(string path, CancellationToken cancellationToken)
    {
        await using FileStream file = Open(path);
        return Convert.ToHexStringLower(await SHA256.HashDataAsync(file, cancellationToken));
    }

    /// <inheritdoc/>
    public Task MoveAsync(string from, string to, CancellationToken cancellationToken)
    {
        if (File.Exists(from))
            File.Move(from, to, overwrite: false);
        else
            Directory.Move(from, to);
        return Task.CompletedTask;
    }

    private static FileStream Open(string path) => new(path, FileMode.Open, FileAccess.Read, FileShare.Read | FileShare.Delete, BufferBytes, FileOptions.Asynchronous | FileOptions.SequentialScan);

    // Links are followed: their own length is that of the link.
    private static long Length(string path)
    {
        using FileStream file = File.OpenRead(path);
        return file.Length;
    }
}
