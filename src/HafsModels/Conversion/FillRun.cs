using System.Runtime.ExceptionServices;
using HafsModels.Quantization;
using HafsModels.Quantization.Lanes;
using HafsModels.Tensors;
using Microsoft.Win32.SafeHandles;

namespace HafsModels.Conversion;

/// <summary>One filling of an output, or of none where only errors are wanted: hands out tiles to workers and gathers their first error.</summary>
internal sealed class FillRun
{
    private readonly ExportPlan plan;
    private readonly SafeFileHandle? output;
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
    /// <param name="plan">What to write.</param>
    /// <param name="output">Where; null to write nothing.</param>
    /// <param name="allowNonFinite">Do not look for NaN and infinity.</param>
    /// <param name="errors">Takes what each tensor loses, or null.</param>
    /// <param name="progress">Told about source bytes done.</param>
    /// <param name="bytes">Source bytes that other outputs of the same work took before this one, and those of all.</param>
    /// <param name="tileElements">Most elements that a worker takes at a time, unless a row has more.</param>
    public FillRun(ExportPlan plan, SafeFileHandle? output, bool allowNonFinite, TensorErrors? errors, IProgress<WorkProgress>? progress, (long Earlier, long Total) bytes, int tileElements)
    {
        this.plan = plan;
        this.output = output;
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
        Memory<float> numbers = default;
        float[] decoded = [];
        byte[] bytes = [];
        try
        {
            while (failure is null && !cancellationToken.IsCancellationRequested && Interlocked.Increment(ref nextTile) is var tile && tile < firstTile[^1])
            {
                int index = Array.BinarySearch(firstTile, tile);
                index = index >= 0 ? LastOf(index) : ~index - 1;
                Fill(index, tile - firstTile[index], ref numbers, ref bytes, ref decoded);
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

    private void Fill(int index, long tileInTensor, ref Memory<float> numbers, ref byte[] bytes, ref float[] decoded)
    {
        PlannedTensor tensor = plan.Tensors[index];
        TensorRows rows = tensor.Rows;
        long perTile = PlanRunner.RowsPerTile(rows, tileElements), first = tileInTensor * perTile;
        int count = (int)Math.Min(perTile, rows.RowCount - first);
        int elements = checked(count * rows.RowLength);
        long rowBytes = tensor.Type.RowBytes(rows.RowLength);
        int encoded = checked((int)(count * rowBytes));
        if (numbers.Length < elements)
            numbers = CacheLines.Allocate(elements);
        if (bytes.Length < encoded)
            bytes = GC.AllocateUninitializedArray<byte>(encoded);

        Span<float> tile = numbers.Span[..elements];
        bool hasNumbers = true;
        if (tensor.Layout is { } layout)
        {
            rows.Read(first, tile);
            RequireFinite(tensor, first, tile);
            layout.Write(first, tile, rows.RowLength, output!);
            Report(tensor, count);
            return;
        }

        if (rows is StoredRows stored && stored.Type == tensor.Type)
        {
            hasNumbers = Copy(tensor, stored, first, bytes.AsSpan(0, encoded), tile);
        }
        else
        {
            rows.Read(first, tile);
            RequireFinite(tensor, first, tile);
            Encode(tensor, first, tile, bytes.AsSpan(0, encoded));
        }

        if (output is not null)
            RandomAccess.Write(output, bytes.AsSpan(0, encoded), tensor.Offset + first * rowBytes);
        if (errors is not null && hasNumbers)
        {
            if (decoded.Length < elements)
                decoded = GC.AllocateUninitializedArray<float>(elements);
            tensor.Format.Decode(bytes.AsSpan(0, encoded), decoded.AsSpan(0, elements));
            errors.Add(index, tileInTensor, Compare(tensor, first, tile, decoded.AsSpan(0, elements)));
        }

        Report(tensor, count);
    }

    private void Report(PlannedTensor tensor, int rows) =>
        progress?.Report(new WorkProgress(plan.Activity, tensor.Name, earlierBytes + Interlocked.Add(ref completedBytes, rows * tensor.Rows.SourceBytesPerRow), totalBytes));

    // Stored bytes are decoded only to look at their numbers; whether there are any is returned.
    private bool Copy(PlannedTensor tensor, StoredRows rows, long firstRow, Span<byte> bytes, Span<float> tile)
    {
        rows.ReadStored(firstRow, bytes);
        if ((allowNonFinite && errors is null) || BlockFormats.All.FirstOrDefault(f => f.Type == rows.Type) is not { } format)
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
}
