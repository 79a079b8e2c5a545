using System.Security.Cryptography;

namespace HafsModels.Transfer.Remote;

/// <summary>Files of this machine, and of others through mounts.</summary>
internal sealed class LocalFiles : IModelFiles
{
    /// <summary>Bytes that are moved at once.</summary>
    public const int BufferBytes = 1 << 18;

    // What is written goes to the disk while more arrives, so that little is left to wait for at the end.
    private const long FlushEvery = 64 << 20;
    private const int WindowsDiskFull = unchecked((int)0x80070070), WindowsHandleDiskFull = unchecked((int)0x80070027), UnixNoSpace = 28, LinuxQuota = 122, BsdQuota = 69;

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
    public async Task ReadAsync(IReadOnlyList<FileRange> files, Func<int, Stream, Task> take, Action<int, string> hashed, CancellationToken cancellationToken)
    {
        for (int i = 0; i < files.Count; i++)
        {
            using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            Task<string> hash = HashAsync(files[i].Path, stop.Token);
            try
            {
                await using FileStream file = Open(files[i].Path);
                file.Position = files[i].Offset;
                await take(i, file);
                hashed(i, await hash);
            }
            catch
            {
                await stop.CancelAsync();
                await Task.WhenAny(hash);
                throw;
            }
        }
    }

    /// <inheritdoc/>
    public Task<long?> FreeBytesAsync(string path, CancellationToken cancellationToken)
    {
        string? there = Path.GetFullPath(path);
        while (there is not null && !Directory.Exists(there))
            there = Path.GetDirectoryName(there);
        try
        {
            return Task.FromResult(there is null ? null : (long?)new DriveInfo(OperatingSystem.IsWindows() ? Path.GetPathRoot(there)! : there).AvailableFreeSpace);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException)
        {
            // A share, or a file system that does not say.
            return Task.FromResult<long?>(null);
        }
    }

    /// <inheritdoc/>
    public async Task<string> WriteAsync(string path, long offset, Stream content, CancellationToken cancellationToken)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        try
        {
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            await using var file = new FileStream(path, FileMode.OpenOrCreate, FileAccess.Write, FileShare.Read, 0);
            if (offset > file.Length)
                throw new HafsException(ErrorKind.Conflict, "FileChanged", $"{path} is {file.Length} bytes and was {offset}: somebody else changed it", path);
            file.SetLength(offset);
            file.Position = offset;
            await Task.Run(() => Write(content, file, hash, cancellationToken), cancellationToken);
        }
        catch (UnauthorizedAccessException e)
        {
            throw new HafsException(ErrorKind.PermissionDenied, "AccessDenied", $"{path}: this account may not write there", path, inner: e);
        }
        catch (IOException e) when ((e.HResult is WindowsDiskFull or WindowsHandleDiskFull && OperatingSystem.IsWindows()) || (e.HResult is UnixNoSpace or LinuxQuota or BsdQuota && !OperatingSystem.IsWindows()))
        {
            throw new HafsException(ErrorKind.ResourceExhausted, "DiskFull", $"{path}: there is no space left", path, "Make space and transfer it again: it goes on where it broke off.", e);
        }

        // What was written here need not be read again; what was there before is.
        return offset == 0 ? Convert.ToHexStringLower(hash.GetHashAndReset()) : await HashAsync(path, cancellationToken);
    }

    private static void Write(Stream content, FileStream file, IncrementalHash hash, CancellationToken cancellationToken)
    {
        byte[] buffer = new byte[BufferBytes];
        Task flush = Task.CompletedTask;
        long written = 0;
        try
        {
            while (content.Read(buffer) is > 0 and var read)
            {
                cancellationToken.ThrowIfCancellationRequested();
                file.Write(buffer, 0, read);
                hash.AppendData(buffer, 0, read);
                written += read;
                if (written >= FlushEvery && flush.IsCompletedSuccessfully)
                {
                    written = 0;
                    flush = Task.Run(() => RandomAccess.FlushToDisk(file.SafeFileHandle), CancellationToken.None);
                }
            }
        }
        finally
        {
            flush.GetAwaiter().GetResult();
        }

        file.Flush(flushToDisk: true);
    }

    /// <inheritdoc/>
    public async Task<string> HashAsync(string path, CancellationToken cancellationToken)
    {
        await using FileStream file = Open(path);
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        await Task.Run(() => new MeteredStream(file, long.MaxValue, read => Take(hash, read, cancellationToken)).CopyTo(Stream.Null, BufferBytes), cancellationToken);
        return Convert.ToHexStringLower(hash.GetHashAndReset());
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

    /// <summary>Nothing is held.</summary>
    public void Dispose()
    {
    }

    private static void Take(IncrementalHash hash, ReadOnlySpan<byte> read, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        hash.AppendData(read);
    }

    private static FileStream Open(string path) => new(path, FileMode.Open, FileAccess.Read, FileShare.Read | FileShare.Delete, 0, FileOptions.SequentialScan);

    // Links are followed: their own length is that of the link.
    private static long Length(string path)
    {
        using FileStream file = File.OpenRead(path);
        return file.Length;
    }
}
