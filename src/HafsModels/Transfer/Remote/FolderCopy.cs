namespace HafsModels.Transfer.Remote;

/// <summary>
/// Copies a model between machines: files side by side, each taken up where it broke off, each hashed on both sides, into <c>NAME.partial</c>,
/// which gets its name when all is there.
/// </summary>
internal sealed class FolderCopy(IModelFiles source, IModelFiles target, SyncPreferences preferences, IProgress<WorkProgress>? progress)
{
    // Two keep both ends busy. Each is one command at the other end, which takes as long as a small file, longer where the account's shell has much to start.
    private const int BatchesAtOnce = 2;

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

        string partial = to + ".partial";
        Copy[] copies = await PlanAsync(files, from, partial, cancellationToken);
        await Parallel.ForEachAsync(Batches(copies), Options(cancellationToken), async (batch, token) =>
            await RetryAsync(
                () => CopyAsync(batch, token),
                token,
                async () =>
                {
                    foreach (Copy copy in batch.Where(c => !c.IsThere))
                        SetDone(copy, Usable(copy.File, (await target.ListAsync(copy.To, token))?[0].Bytes));
                },
                () => batch.Count(c => c.IsThere)));
        await MoveAsync(partial, to, cancellationToken);
        return (files.Count, total, copies.Sum(c => c.Kept));
    }

    // One file, how many of its bytes are there, how many were before, and whether all are and are the right ones.
    private sealed class Copy(RemoteFile file, string from, string to)
    {
        public RemoteFile File { get; } = file;

        public string From { get; } = from;

        public string To { get; } = to;

        public long Done { get; set; }

        public long Kept { get; set; }

        public bool IsThere { get; set; }
    }

    private static ParallelOptions Options(CancellationToken cancellationToken) => new() { MaxDegreeOfParallelism = BatchesAtOnce, CancellationToken = cancellationToken };

    // What an earlier transfer left counts, before anything is moved.
    private async Task<Copy[]> PlanAsync(IReadOnlyList<RemoteFile> files, string from, string partial, CancellationToken cancellationToken)
    {
        var there = (await RetryAsync(() => target.ListAsync(partial, cancellationToken), cancellationToken) ?? []).ToDictionary(f => f.Name, f => f.Bytes, StringComparer.Ordinal);
        if (there.Keys.Except(files.Select(f => f.Name)).FirstOrDefault() is { } foreign)
            throw new HafsException(ErrorKind.Conflict, "TransferPartialForeign", $"{target.Name}: {partial} holds '{foreign}', which {source.Name}: {from} does not have", partial, "It is what is left of another transfer: remove it, or name another destination.");
        Copy[] copies = [.. files.Select(f => new Copy(f, f.Within(from, source.Style), f.Within(partial, target.Style)) { Done = Usable(f, there.GetValueOrDefault(f.Name)) })];
        done = copies.Sum(c => c.Done);
        if (await RetryAsync(() => target.FreeBytesAsync(partial, cancellationToken), cancellationToken) is { } free && free < total - done)
            throw new HafsException(ErrorKind.ResourceExhausted, "DiskFull", $"{target.Name}: {HumanNumber.Bytes(total - done)} are to go to {partial}, and {HumanNumber.Bytes(free)} are free there", partial, "Make space, or name another destination.");
        progress?.Report(new WorkProgress(activity, "", done, total));
        return copies;
    }

    // What is longer is something else.
    private static long Usable(RemoteFile file, long? there) => there <= file.Bytes ? there.Value : 0;

    // The files dealt out, large ones first, so that the batches end together.
    private static IEnumerable<Copy[]> Batches(Copy[] copies)
    {
        List<Copy>[] batches = [.. Enumerable.Range(0, BatchesAtOnce).Select(_ => new List<Copy>())];
        long[] bytes = new long[BatchesAtOnce];
        foreach (Copy copy in copies.OrderByDescending(c => c.File.Bytes))
        {
            int least = Array.IndexOf(bytes, bytes.Min());
            batches[least].Add(copy);
            bytes[least] += copy.File.Bytes - copy.Done;
        }

        return batches.Where(b => b.Count > 0).Select(b => b.ToArray());
    }

    private async Task<bool> CopyAsync(Copy[] batch, CancellationToken cancellationToken)
    {
        for (Copy[] left = batch; (left = [.. left.Where(c => !c.IsThere)]).Length > 0;)
        {
            long[] starts = [.. left.Select(c => c.Done)];
            string[] arrived = new string[left.Length];
            await source.ReadAsync(
                [.. left.Select(c => new FileRange(c.From, c.Done, c.File.Bytes))],
                async (i, stream) => arrived[i] = await target.WriteAsync(left[i].To, starts[i], new MeteredStream(stream, long.MaxValue, read => SetDone(left[i], left[i].Done + read.Length)), cancellationToken),
                (i, wanted) => Check(left[i], starts[i], arrived[i], wanted),
                cancellationToken);
        }

        return true;
    }

    private void Check(Copy copy, long start, string arrived, string wanted)
    {
        copy.IsThere = arrived == wanted;
        copy.Kept = start;
        if (copy.IsThere)
            return;
        if (start == 0)
            throw new HafsException(ErrorKind.InvalidData, "TransferHashDiffers", $"{target.Name}: {copy.To} has the SHA-256 {arrived} and not {wanted}", copy.To, "Transfer it again; if it happens again, the source changes meanwhile or a disk fails.");

        // What was there came from other contents.
        SetDone(copy, 0);
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
    // Whoever has come further since the last time starts to count anew.
    private async Task<T> RetryAsync<T>(Func<Task<T>> work, CancellationToken cancellationToken, Func<Task>? recover = null, Func<int>? reached = null)
    {
        int last = 0;
        for (int attempt = 0; ; attempt++)
        {
            try
            {
                if (attempt > 0 && recover is not null)
                    await recover();
                return await work();
            }
            catch (HafsException e) when (e.Kind == ErrorKind.Unavailable && preferences is { RetryOnFailure: true, MaxRetries: > 0 } && (attempt < preferences.MaxRetries || reached?.Invoke() > last))
            {
                if (reached?.Invoke() > last)
                    (last, attempt) = (reached(), 0);
                await Task.Delay(TimeSpan.FromSeconds(Math.Min(30, 1 << Math.Min(attempt, 5))), cancellationToken);
            }
        }
    }
}
