using System.Security.Cryptography;

namespace HafsModels.Conversion;

/// <summary>SHA-256 of files, reckoned on one thread beside other work on them: what one of the two reads, the other finds in the system's cache.</summary>
internal sealed class SourceHashes : IDisposable
{
    private const int BufferBytes = 1 << 20;

    private readonly IReadOnlyList<string> files;
    private readonly CancellationTokenSource stop;
    private readonly Task<string[]> work;
    private readonly long totalBytes;
    private long doneBytes;

    /// <summary>Begins.</summary>
    /// <param name="files">Full paths.</param>
    /// <param name="cancellationToken">Ends the work.</param>
    public SourceHashes(IReadOnlyList<string> files, CancellationToken cancellationToken)
    {
        this.files = files;
        stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        CancellationToken token = stop.Token;
        totalBytes = files.Sum(f => new FileInfo(f).Length);
        work = files.Count == 0 ? Task.FromResult<string[]>([]) : Task.Factory.StartNew(() => HashAll(token), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
    }

    /// <summary>Waits for the end.</summary>
    /// <param name="activity">What is being made, for progress.</param>
    /// <param name="progress">Told about bytes hashed while it waits.</param>
    /// <returns>Hash of each file in its place, lower-case hex.</returns>
    /// <exception cref="HafsException">A file cannot be read.</exception>
    public IReadOnlyList<string> Wait(string activity, IProgress<WorkProgress>? progress)
    {
        while (!((IAsyncResult)work).AsyncWaitHandle.WaitOne(TimeSpan.FromMilliseconds(100)))
            progress?.Report(new WorkProgress(activity, "hashing the source", Interlocked.Read(ref doneBytes), totalBytes));
        return work.GetAwaiter().GetResult();
    }

    /// <summary>Stops, and waits until no file is open.</summary>
    public void Dispose()
    {
        stop.Cancel();
        ((IAsyncResult)work).AsyncWaitHandle.WaitOne();
        stop.Dispose();
    }

    private string[] HashAll(CancellationToken cancellationToken)
    {
        byte[] buffer = new byte[BufferBytes];
        return [.. files.Select(file => Hash(file, buffer, cancellationToken))];
    }

    private string Hash(string path, byte[] buffer, CancellationToken cancellationToken)
    {
        try
        {
            using FileStream stream = new(path, FileMode.Open, FileAccess.Read, FileShare.Read, 0, FileOptions.SequentialScan);
            using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
            while (stream.Read(buffer) is var count and > 0)
            {
                cancellationToken.ThrowIfCancellationRequested();
                hash.AppendData(buffer, 0, count);
                Interlocked.Add(ref doneBytes, count);
            }

            return Convert.ToHexStringLower(hash.GetHashAndReset());
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new HafsException(
                exception is IOException ? ErrorKind.InvalidData : ErrorKind.PermissionDenied, "SourceNotHashed", $"{path}: could not be hashed: {exception.Message}", path, "Pass -SkipSourceHash (--skip-source-hash) to do without.", exception);
        }
    }
}
