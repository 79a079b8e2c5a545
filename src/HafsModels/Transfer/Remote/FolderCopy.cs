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

    /// <summary>Copies a folder, or a file.</summary>
    /// <returns>Number of files, their bytes, and how many of these were there from a transfer before.</returns>
    public async Task<(int Files, long Bytes, long KeptBytes)> RunAsync(string from, string to, string what, CancellationToken cancellationToken)
    {
        activity = what;
        IReadOnlyList<RemoteFile> files = await RetryAsync(() => source.ListAsync(from, cancellationToken), cancellationToken)
            ?? throw new HafsException(ErrorKind.NotFound, "TransferSourceNotFound", $"{source.Name}: {from} is not there", from);
        if (files.Count == 0)
            throw new HafsException(ErrorKind.NotFound, "TransferSourceEmpty", $"{source.Name}: {from} holds no files", from);
        total = files.Sum(f => f.Bytes);
        if (await RetryAsync(() => target.ListAsync(to, cancellationToken), cancellationToken) is { } whole)
        {
            // A transfer before this one may have ended before it could be recorded.
            if (!await IsSameAsync(files, whole, from, to, cancellationToken))
                throw new HafsException(ErrorKind.AlreadyExists, "TransferTargetExists", $"{target.Name}: {to} exists already, and is not the same", to, "Name another destination, or remove what is there.");
            return (files.Count, total, total);
        }

        long kept = 0;
        string partial = to + ".partial";
        Copy[] copies = await PlanAsync(files, from, partial, cancellationToken);

        // Large files first, so that no single one is left for the end.
        await Parallel.ForEachAsync(copies.OrderByDescending(c => c.File.Bytes), Options(cancellationToken), async (copy, token) =>
        {
            long had = await RetryAsync(() => CopyAsync(copy, token), token, async () => SetDone(copy, (await target.ListAsync(copy.To, token))?[0].Bytes ?? 0));
            Interlocked.Add(ref kept, had);
        });
        await MoveAsync(partial, to, cancellationToken);
        return (files.Count, total, kept);
    }

    // One file, and how many of its bytes are there.
    private sealed class Copy(RemoteFile file, string from, string to)
    {
        public RemoteFile File { get; } = file;

        public string From { get; } = from;

        public string To { get; } = to;

        public long Done { get; set; }
    }

    private static ParallelOptions Options(CancellationToken cancellationToken) => new() { MaxDegreeOfParallelism = FilesAtOnce, CancellationToken = cancellationToken };

    // What an earlier transfer left counts, before anything is moved.
    private async Task<Copy[]> PlanAsync(IReadOnlyList<RemoteFile> files, string from, string partial, CancellationToken cancellationToken)
    {
        var there = (await RetryAsync(() => target.ListAsync(partial, cancellationToken), cancellationToken) ?? []).ToDictionary(f => f.Name, f => f.Bytes, StringComparer.Ordinal);
        if (there.Keys.Except(files.Select(f => f.Name)).FirstOrDefault() is { } foreign)
            throw new HafsException(ErrorKind.Conflict, "TransferPartialForeign", $"{target.Name}: {partial} holds '{foreign}', which {source.Name}: {from} does not have", partial, "It is what is left of another transfer: remove it, or name another destination.");
        Copy[] copies = [.. files.Select(f => new Copy(f, f.Within(from, source.Style), f.Within(partial, target.Style)) { Done = there.GetValueOrDefault(f.Name) is var had && had <= f.Bytes ? had : 0 })];
        done = copies.Sum(c => c.Done);
        if (await RetryAsync(() => target.FreeBytesAsync(partial, cancellationToken), cancellationToken) is { } free && free < total - done)
            throw new HafsException(ErrorKind.ResourceExhausted, "DiskFull", $"{target.Name}: {HumanNumber.Bytes(total - done)} are to go to {partial}, and {HumanNumber.Bytes(free)} are free there", partial, "Make space, or name another destination.");
        progress?.Report(new WorkProgress(activity, "", done, total));
        return copies;
    }

    // Returns how many bytes were there before and could stay.
    private async Task<long> CopyAsync(Copy copy, CancellationToken cancellationToken)
    {
        long start = copy.Done <= copy.File.Bytes ? copy.Done : 0;
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        Task<string> wanted = source.HashAsync(copy.From, stop.Token);
        try
        {
            string arrived = await CopyFromAsync(copy, start, cancellationToken);
            if (arrived != await wanted && start > 0)
            {
                // What was there came from other contents.
                start = 0;
                arrived = await CopyFromAsync(copy, 0, cancellationToken);
            }

            return arrived == await wanted
                ? start
                : throw new HafsException(ErrorKind.InvalidData, "TransferHashDiffers", $"{target.Name}: {copy.To} has the SHA-256 {arrived} and not {await wanted}", copy.To, "Transfer it again; if it happens again, the source changes meanwhile or a disk fails.");
        }
        catch
        {
            await stop.CancelAsync();
            await Task.WhenAny(wanted);
            throw;
        }
    }

    // Returns the hash of what has arrived.
    private async Task<string> CopyFromAsync(Copy copy, long start, CancellationToken cancellationToken)
    {
        SetDone(copy, start);
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        if (start < copy.File.Bytes || copy.File.Bytes == 0)
        {
            await source.ReadAsync(
                copy.From,
                start,
                stream => target.WriteAsync(copy.To, start, new MeteredStream(stream, hash, n => SetDone(copy, copy.Done + n)), cancellationToken),
                cancellationToken);
        }

        // Bytes that were written here need not be read again; those on another machine, or from before, are.
        return start == 0 && target is LocalFiles ? Convert.ToHexStringLower(hash.GetHashAndReset()) : await target.HashAsync(copy.To, cancellationToken);
    }

    private async Task<bool> IsSameAsync(IReadOnlyList<RemoteFile> wanted, IReadOnlyList<RemoteFile> there, string from, string to, CancellationToken cancellationToken)
    {
        if (!wanted.ToHashSet().SetEquals(there))
            return false;
        bool isSame = true;
        await Parallel.ForEachAsync(wanted, Options(cancellationToken), async (file, token) =>
        {
            string[] hashes = await Task.WhenAll(HashAsync(source, file.Within(from, source.Style)), HashAsync(target, file.Within(to, target.Style)));
            if (hashes[0] != hashes[1])
                isSame = false;

            Task<string> HashAsync(IModelFiles files, string path) => RetryAsync(() => files.HashAsync(path, token), token);
        });
        return isSame;
    }

    private async Task MoveAsync(string from, string to, CancellationToken cancellationToken)
    {
        bool isDone = false;
        await RetryAsync(
            async () =>
            {
                if (!isDone)
                    await target.MoveAsync(from, to, cancellationToken);
                return true;
            },
            cancellationToken,

            // The answer may have been lost, and not the command.
            async () => isDone = await target.ListAsync(from, cancellationToken) is null && await target.ListAsync(to, cancellationToken) is not null);
    }

    private void SetDone(Copy copy, long bytes)
    {
        long now = Interlocked.Add(ref done, bytes - copy.Done);
        copy.Done = bytes;
        progress?.Report(new WorkProgress(activity, copy.File.Name, now, total));
    }

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
