using System.Security.Cryptography;

namespace HafsModels.Conversion;

/// <summary>SHA-256 of files, reckoned beside other work on them, on a thread for every four processors and at most one a file: what one of the two reads, the other finds in the system's cache.</summary>
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
    /// <exception cref="HafsException">A file is not there.</exception>
    public SourceHashes(IReadOnlyList<string> files, CancellationToken cancellationToken)
    {
        this.files = files;
        totalBytes = files.Sum(Length);
        stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        CancellationToken token = stop.Token;
        work = files.Count == 0 ? Task.FromResult<string[]>([]) : HashAll(Math.Clamp(Environment.ProcessorCount / 4, 1, files.Count), token);
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

    private async Task<string[]> HashAll(int threads, CancellationToken cancellationToken)
    {
        string[] hashes = new string[files.Count];
        int next = -1;
        void HashSome()
        {
            byte[] buffer = new byte[BufferBytes];
            while (Interlocked.Increment(ref next) is var i && i < hashes.Length)
                hashes[i] = Hash(files[i], buffer, cancellationToken);
        }

        await Task.WhenAll(Enumerable.Range(0, threads).Select(_ => Task.Factory.StartNew(HashSome, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default))).ConfigureAwait(false);
        return hashes;
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
            throw NotHashed(path, exception);
        }
    }

    private static long Length(string path)
    {
        try
        {
            return new FileInfo(path).Length;
        }
        catch (IOException exception)
        {
            throw NotHashed(path, exception);
        }
    }

    private static HafsException NotHashed(string path, Exception exception) => new(
        exception is IOException ? ErrorKind.InvalidData : ErrorKind.PermissionDenied,
        "SourceNotHashed",
        $"{path}: could not be hashed: {exception.Message}",
        path,
        "Pass -SkipSourceHash (--skip-source-hash) to do without.",
        exception);
}
