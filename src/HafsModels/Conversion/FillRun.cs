using System.Runtime.ExceptionServices;
using HafsModels.Quantization;
using HafsModels.Quantization.Lanes;
using HafsModels.Tensors;
using Microsoft.Win32.SafeHandles;

namespace HafsModels.Conversion;

/// <summary>
/// One filling of an output, or of several that take the same tensors in different types, or of none where only errors are wanted: hands out
/// tiles to workers and gathers their first error. However many outputs there are, each tile of the source is read once.
/// </summary>
internal sealed class FillRun
{
    private readonly ExportPlan plan;
    private readonly (ExportPlan Plan, SafeFileHandle? Output)[] targets;
    private readonly bool allowNonFinite;
    private readonly TensorErrors? errors;
    private readonly IProgress<WorkProgress>? progress;
    private readonly int tileElements;
    private readonly long[] firstTile;
    private readonly long totalBytes;
    private readonly long earlierBytes;
    private long nextTile = -1;
    private long completedBytes;
    private ExceptionDispatchInfo? failure;

    /// <summary>Prepares a run.</summary>
    /// <param name="targets">What to write, and where; null to write nothing. The first one's rows are read, and its errors gathered.</param>
    /// <param name="allowNonFinite">Do not look for NaN and infinity.</param>
    /// <param name="errors">Takes what each tensor loses, or null.</param>
    /// <param name="progress">Told about source bytes done.</param>
    /// <param name="bytes">Source bytes that other outputs of the same work took before this one, and those of all.</param>
    /// <param name="tileElements">Most elements that a worker takes at a time, unless a row has more.</param>
    public FillRun(IReadOnlyList<(ExportPlan Plan, SafeFileHandle? Output)> targets, bool allowNonFinite, TensorErrors? errors, IProgress<WorkProgress>? progress, (long Earlier, long Total) bytes, int tileElements)
    {
        plan = targets[0].Plan;
        this.targets = [.. targets];
        this.allowNonFinite = allowNonFinite;
        this.errors = errors;
        this.progress = progress;
        this.tileElements = tileElements;
        (earlierBytes, totalBytes) = bytes;
        firstTile = new long[plan.Tensors.Count + 1];
        for (int i = 0; i < plan.Tensors.Count; i++)
        {
            TensorRows rows = plan.Tensors[i].Rows;
            long perTile = PlanRunner.RowsPerTile(rows, tileElements);
            firstTile[i + 1] = firstTile[i] + (rows.RowCount + perTile - 1) / perTile;
        }

        errors?.Begin(plan, i => firstTile[i + 1] - firstTile[i], isFirst: earlierBytes == 0);
    }

    /// <summary>Fills everything, or throws the first error.</summary>
    public void Execute(int threads, CancellationToken cancellationToken)
    {
        threads = (int)Math.Clamp(firstTile[^1], 1, threads);
        Task[] workers = [.. Enumerable.Range(0, threads).Select(_ => Task.Factory.StartNew(() => Work(cancellationToken), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default))];
        Task.WaitAll(workers, CancellationToken.None);
        failure?.Throw();
        cancellationToken.ThrowIfCancellationRequested();
    }

    private void Work(CancellationToken cancellationToken)
    {
        var buffers = new Buffers();
        try
        {
            while (failure is null && !cancellationToken.IsCancellationRequested && Interlocked.Increment(ref nextTile) is var tile && tile < firstTile[^1])
            {
                int index = Array.BinarySearch(firstTile, tile);
                index = index >= 0 ? LastOf(index) : ~index - 1;
                Fill(index, tile - firstTile[index], buffers);
            }
        }
        catch (Exception exception)
        {
            // Handed to the caller's thread; the other workers stop at their next tile.
            Interlocked.CompareExchange(ref failure, ExceptionDispatchInfo.Capture(exception), null);
        }
    }

    // A tensor without rows has no tiles, so several tensors can begin at the same one; the last of them holds it.
    private int LastOf(int index)
    {
        while (index + 1 < firstTile.Length - 1 && firstTile[index + 1] == firstTile[index])
            index++;
        return index;
    }

    private void Fill(int index, long tileInTensor, Buffers buffers)
    {
        TensorRows rows = plan.Tensors[index].Rows;
        long perTile = PlanRunner.RowsPerTile(rows, tileElements), first = tileInTensor * perTile;
        int count = (int)Math.Min(perTile, rows.RowCount - first);
        Span<float> tile = buffers.NumbersOf(checked(count * rows.RowLength));
        if (plan.Tensors[index] is { Layout: { } layout } laidOut)
        {
            rows.Read(first, tile);
            RequireFinite(laidOut, first, tile);
            layout.Write(first, tile, rows.RowLength, targets[0].Output!);
            Report(laidOut, count);
            return;
        }

        Span<byte> copy = [];
        bool hasNumbers = true;
        if (rows is StoredRows stored && Array.Exists(targets, t => t.Plan.Tensors[index].Type == stored.Type))
        {
            copy = Buffers.Of(ref buffers.Stored, checked((int)(count * stored.Type.RowBytes(rows.RowLength))));
            hasNumbers = ReadStored(plan.Tensors[index], stored, first, copy, tile, Array.Exists(targets, t => t.Plan.Tensors[index].Type != stored.Type));
        }
        else
        {
            rows.Read(first, tile);
            RequireFinite(plan.Tensors[index], first, tile);
        }

        for (int i = 0; i < targets.Length; i++)
        {
            PlannedTensor tensor = targets[i].Plan.Tensors[index];
            long rowBytes = tensor.Type.RowBytes(rows.RowLength);
            Span<byte> bytes = copy;
            if (rows is not StoredRows source || source.Type != tensor.Type)
            {
                bytes = Buffers.Of(ref buffers.Encoded, checked((int)(count * rowBytes)));
                if (i == 0 || !IsAlike(tensor, targets[i - 1].Plan.Tensors[index]))
                    Encode(tensor, first, tile, bytes);
            }

            if (targets[i].Output is { } output)
                RandomAccess.Write(output, bytes, tensor.Offset + first * rowBytes);
            if (i == 0 && errors is not null && hasNumbers)
            {
                Span<float> decoded = Buffers.Of(ref buffers.Decoded, tile.Length);
                tensor.Format.Decode(bytes, decoded);
                errors.Add(index, tileInTensor, Compare(tensor, first, tile, decoded));
            }
        }

        Report(plan.Tensors[index], count);
    }

    private void Report(PlannedTensor tensor, int rows) =>
        progress?.Report(new WorkProgress(plan.Activity, tensor.Name, earlierBytes + Interlocked.Add(ref completedBytes, rows * tensor.Rows.SourceBytesPerRow), totalBytes));

    // What stands encoded in the buffer serves the next output too.
    private static bool IsAlike(PlannedTensor tensor, PlannedTensor before) => tensor.Type == before.Type && tensor.Importance.Equals(before.Importance);

    // Stored bytes are decoded only where their numbers are wanted; whether there are any is returned.
    private bool ReadStored(PlannedTensor tensor, StoredRows rows, long firstRow, Span<byte> bytes, Span<float> tile, bool isEncoded)
    {
        rows.ReadStored(firstRow, bytes);
        if ((allowNonFinite && errors is null && !isEncoded) || BlockFormats.All.FirstOrDefault(f => f.Type == rows.Type) is not { } format)
            return false;
        format.Decode(bytes, tile);
        RequireFinite(tensor, firstRow, tile);
        return true;
    }

    private void RequireFinite(PlannedTensor tensor, long firstRow, ReadOnlySpan<float> tile)
    {
        int length = tensor.Rows.RowLength;
        if (!allowNonFinite && FiniteCheck.IndexOfNonFinite(tile) is var at and >= 0)
            throw NotFinite(tensor, firstRow + at / length, at % length, tile[at]);
    }

    private static void Encode(PlannedTensor tensor, long firstRow, ReadOnlySpan<float> tile, Span<byte> destination)
    {
        int rowLength = tensor.Rows.RowLength, rowBytes = destination.Length / (tile.Length / rowLength);
        for (int done = 0, count; done * rowLength < tile.Length; done += count)
        {
            count = tensor.RowsAlike(firstRow + done, tile.Length / rowLength - done);
            tensor.Format.Encode(tile.Slice(done * rowLength, count * rowLength), rowLength, tensor.ImportanceOf(firstRow + done), destination.Slice(done * rowBytes, count * rowBytes));
        }
    }

    private static ErrorSums Compare(PlannedTensor tensor, long firstRow, ReadOnlySpan<float> tile, ReadOnlySpan<float> decoded)
    {
        int rowLength = tensor.Rows.RowLength;
        ErrorSums sums = default;
        for (int done = 0, count; done * rowLength < tile.Length; done += count)
        {
            count = tensor.RowsAlike(firstRow + done, tile.Length / rowLength - done);
            sums = sums.Merge(ErrorSums.Of(tile.Slice(done * rowLength, count * rowLength), decoded.Slice(done * rowLength, count * rowLength), rowLength, tensor.ImportanceOf(firstRow + done)));
        }

        return sums;
    }

    private static HafsException NotFinite(PlannedTensor tensor, long row, int column, float value) => new(
        ErrorKind.InvalidData,
        "NotFinite",
        $"{tensor.Name}: row {row:N0}, column {column:N0} is {value}; weights must be finite",
        tensor.Name,
        "The training run diverged or the file is damaged. To copy such numbers as ggml does, allow non-finite numbers.");

    /// <summary>What a worker keeps between tiles.</summary>
    private sealed class Buffers
    {
        public float[] Decoded = [];
        public byte[] Encoded = [], Stored = [];
        private Memory<float> numbers;

        public Span<float> NumbersOf(int count)
        {
            if (numbers.Length < count)
                numbers = CacheLines.Allocate(count);
            return numbers.Span[..count];
        }

        public static Span<T> Of<T>(ref T[] buffer, int length)
        {
            if (buffer.Length < length)
                buffer = GC.AllocateUninitializedArray<T>(length);
            return buffer.AsSpan(0, length);
        }
    }
}
