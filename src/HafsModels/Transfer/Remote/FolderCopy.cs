using System.Security.Cryptography;

namespace HafsModels.Transfer.Remote;

/// <summary>
/// Copies a model between machines: files side by side, each taken up where it broke off, each hashed on both sides, into <c>NAME.partial</c>,
/// which gets its name when all is there.
/// </summary>
internal sealed class FolderCopy(IModelFiles source, IModelFiles target, SyncPreferences preferences, IProgress<WorkProgress>? progress)
{
    private const int FilesAtOnce = 4;
    private string activity = "";
    private long done;
    private long total;
    private long kept;

    /// <summary>Copies a folder, or a file.</summary>
    /// <returns>Number of files, their bytes, and how many of these were there from a transfer before.</returns>
    public async Task<(int Files, long Bytes, long KeptBytes)> RunAsync(string from, string to, string what, CancellationToken cancellationToken)
    {
        activity = what;
        IReadOnlyList<RemoteFile> files = await RetryAsync(() => source.ListAsync(from, cancellationToken), cancellationToken)
            ?? throw new HafsException(ErrorKind.NotFound, "TransferSourceNotFound", $"{source.Name}: {from} is not there", from);
        if (files.Count == 0)
            throw new HafsException(ErrorKind.NotFound, "TransferSourceEmpty", $"{source.Name}: {from} holds no files", from);
        if (await RetryAsync(() => target.ListAsync(to, cancellationToken), cancellationToken) is not null)
            throw new HafsException(ErrorKind.AlreadyExists, "TransferTargetExists", $"{target.Name}: {to} exists already", to, "Name another destination, or remove what is there.");
        string partial = to + ".partial";
        var there = (await RetryAsync(() => target.ListAsync(partial, cancellationToken), cancellationToken) ?? []).ToDictionary(f => f.Name, f => f.Bytes, StringComparer.Ordinal);
        total = files.Sum(f => f.Bytes);
        var options = new ParallelOptions { MaxDegreeOfParallelism = FilesAtOnce, CancellationToken = cancellationToken };
        // Large files first, so that no single one is left for the end.
        await Parallel.ForEachAsync(files.OrderByDescending(f => f.Bytes), options, async (file, token) =>
        {
            string destination = file.Within(partial, target.Style);
            long offset = there.GetValueOrDefault(file.Name);
            await RetryAsync(
                async () =>
                {
                    offset = await CopyAsync(file, file.Within(from, source.Style), destination, offset, token);
                    return true;
                },
                token,
                async () => offset = (await target.ListAsync(destination, token))?[0].Bytes ?? 0);
        });
        await RetryAsync(
            async () =>
            {
                await target.MoveAsync(partial, to, cancellationToken);
                return true;
            },
            cancellationToken);
        return (files.Count, total, kept);
    }

    private async Task<long> CopyAsync(RemoteFile file, string from, string to, long offset, CancellationToken cancellationToken)
    {
        long start = offset > file.Bytes ? 0 : offset;
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        Task<string> wanted = source.HashAsync(from, stop.Token);
        try
        {
            string arrived = await CopyFromAsync(file, from, to, start, cancellationToken);
            if (arrived != await wanted && start > 0)
            {
                // What was there came from other contents.
                Interlocked.Add(ref kept, -start);
                Interlocked.Add(ref done, -file.Bytes);
                start = 0;
                arrived = await CopyFromAsync(file, from, to, 0, cancellationToken);
            }

            return arrived == await wanted ? file.Bytes : throw new HafsException(ErrorKind.InvalidData, "TransferHashDiffers", $"{target.Name}: {to} has the SHA-256 {arrived} and not {await wanted}", to, "Transfer it again; if it happens again, the source changes meanwhile or a disk fails.");
        }
        catch
        {
            await stop.CancelAsync();
            await Task.WhenAny(wanted);
            throw;
        }
    }

    // Returns the hash of what has arrived.
    private async Task<string> CopyFromAsync(RemoteFile file, string from, string to, long start, CancellationToken cancellationToken)
    {
        Interlocked.Add(ref kept, start);
        Report(file, start);
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        long counted = start;
        try
        {
            if (start < file.Bytes || file.Bytes == 0)
            {
                await source.ReadAsync(
                    from,
                    start,
                    stream => target.WriteAsync(to, start, new MeteredStream(stream, hash, n => Report(file, Count(ref counted, n))), cancellationToken),
                    cancellationToken);
            }
        }
        catch
        {
            Interlocked.Add(ref done, -counted);
            Interlocked.Add(ref kept, -start);
            throw;
        }

        // Bytes that were written here need not be read again; those on another machine, or from before, are.
        return start == 0 && target is LocalFiles ? Convert.ToHexStringLower(hash.GetHashAndReset()) : await target.HashAsync(to, cancellationToken);
    }

    private static int Count(ref long counted, int bytes)
    {
        counted += bytes;
        return bytes;
    }

    private void Report(RemoteFile file, long bytes) =>
        progress?.Report(new WorkProgress(activity, file.Name, Interlocked.Add(ref done, bytes), total));

    // Only what may pass by itself is tried again: a connection that broke, a machine that is not up yet.
    private async Task<T> RetryAsync<T>(Func<Task<T>> work, CancellationToken cancellationToken, Func<Task>? recover = null)
    {
        for (int attempt = 0; ; attempt++)
        {
            try
            {
                if (attempt > 0 && recover is not null)
                    await recover();
                return await work();
            }
            catch (HafsException e) when (e.Kind == ErrorKind.Unavailable && preferences.RetryOnFailure && attempt < preferences.MaxRetries)
            {
                await Task.Delay(TimeSpan.FromSeconds(Math.Min(30, 1 << Math.Min(attempt, 5))), cancellationToken);
            }
        }
    }
}
