using System.Security.Cryptography;
using HafsModels.Tensors;
using Microsoft.Win32.SafeHandles;

namespace HafsModels.Conversion;

/// <summary>
/// Fills a planned export: tile by tile, on all cores, in any order, each byte written once. Memory is workers times one tile. The output
/// appears whole under its name or not at all.
/// </summary>
public static class PlanRunner
{
    // A tile of floats and its encoded bytes stay within a core's second-level cache and the source is read in large pieces.
    private const int TileElements = 1 << 18;
    private const int HashBytes = 1 << 20;
    private const string Partial = ".partial";

    /// <summary>Runs a plan.</summary>
    /// <param name="plan">What to write.</param>
    /// <param name="outputPath">Full path of the output; replaced if it exists.</param>
    /// <param name="threads">Workers; 0 for one a processor.</param>
    /// <param name="allowNonFinite">Encode NaN and infinity as ggml does, instead of refusing them.</param>
    /// <param name="progress">Told about source bytes done.</param>
    /// <param name="cancellationToken">Stops the work within a tile and removes what was written.</param>
    /// <returns>SHA-256 of the output, lower-case hex.</returns>
    /// <exception cref="HafsException">The source cannot be read, holds numbers that are not finite, or the disk is full.</exception>
    public static string Run(ExportPlan plan, string outputPath, int threads, bool allowNonFinite, IProgress<WorkProgress>? progress, CancellationToken cancellationToken) =>
        Run(plan, outputPath, threads, allowNonFinite, null, progress, cancellationToken);

    /// <summary>Runs a plan, and gathers what each tensor loses on the way.</summary>
    /// <param name="plan">What to write.</param>
    /// <param name="outputPath">Full path of the output; replaced if it exists.</param>
    /// <param name="threads">Workers; 0 for one a processor.</param>
    /// <param name="allowNonFinite">Encode NaN and infinity as ggml does, instead of refusing them.</param>
    /// <param name="errors">Takes what each tensor loses, at the cost of decoding what was encoded; null for no such thing.</param>
    /// <param name="progress">Told about source bytes done.</param>
    /// <param name="cancellationToken">Stops the work within a tile and removes what was written.</param>
    /// <returns>SHA-256 of the output, lower-case hex.</returns>
    /// <exception cref="HafsException">The source cannot be read, holds numbers that are not finite, or the disk is full.</exception>
    public static string Run(
        ExportPlan plan, string outputPath, int threads, bool allowNonFinite, TensorErrors? errors, IProgress<WorkProgress>? progress, CancellationToken cancellationToken) =>
        Run([new(outputPath, plan)], threads, allowNonFinite, errors, source: null, progress, cancellationToken)[0];

    /// <summary>Runs the plans of several outputs that belong together: they get their names when all are written.</summary>
    /// <param name="files">What to write where; what exists is replaced.</param>
    /// <param name="threads">Workers; 0 for one a processor.</param>
    /// <param name="allowNonFinite">Encode NaN and infinity as ggml does, and copy them unseen, instead of refusing them.</param>
    /// <param name="errors">Takes what each tensor loses, or null.</param>
    /// <param name="source">What the plans read, if it is to be closed before the outputs get their names, because one of them takes its place.</param>
    /// <param name="progress">Told about source bytes done.</param>
    /// <param name="cancellationToken">Stops the work within a tile and removes what was written.</param>
    /// <returns>SHA-256 of each output, lower-case hex.</returns>
    /// <exception cref="HafsException">The source cannot be read, holds numbers that are not finite, or the disk is full.</exception>
    public static IReadOnlyList<string> Run(
        IReadOnlyList<PlannedFile> files, int threads, bool allowNonFinite, TensorErrors? errors, IDisposable? source, IProgress<WorkProgress>? progress, CancellationToken cancellationToken) =>
        Run(files, threads, allowNonFinite, errors, source, hashes: null, progress, cancellationToken);

    /// <summary>The same, with the hashes of the source files in the headers that state them.</summary>
    internal static IReadOnlyList<string> Run(
        IReadOnlyList<PlannedFile> files, int threads, bool allowNonFinite, TensorErrors? errors, IDisposable? source, SourceHashes? hashes, IProgress<WorkProgress>? progress, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(files);
        long total = files.Sum(f => f.Plan.SourceBytes), earlier = 0;
        var partials = new List<string>(files.Count);
        var outputs = new List<string>(files.Count);
        string current = files[0].Path;
        try
        {
            foreach ((string path, ExportPlan plan) in files)
            {
                current = path;
                using SafeFileHandle output = Create(path + Partial, plan.FileBytes);
                partials.Add(path + Partial);

                // Claiming the disk leaves the length as it was; the padding behind the last tensor is never written.
                RandomAccess.SetLength(output, plan.FileBytes);
                RandomAccess.Write(output, plan.Header.Span, 0);
                new FillRun([(plan, output)], allowNonFinite, errors, progress, (earlier, total), TileElements).Execute(threads > 0 ? threads : Environment.ProcessorCount, cancellationToken);
                if (hashes is not null && plan.SealHeader is { } seal)
                    RandomAccess.Write(output, seal(hashes.Wait(plan.Activity, progress)).Span, 0);
                outputs.Add(HashAndFlush(output, plan.FileBytes, cancellationToken));
                earlier += plan.SourceBytes;
            }

            source?.Dispose();
            foreach ((string path, _) in files)
                File.Move(path + Partial, current = path, overwrite: true);
            return outputs;
        }
        catch (Exception exception)
        {
            partials.ForEach(File.Delete);
            if (exception is IOException and not FileNotFoundException)
                throw new HafsException(ErrorKind.ResourceExhausted, "OutputNotWritten", $"{current}: could not be written: {exception.Message}", current, inner: exception);
            throw;
        }
    }

    /// <summary>Runs the plans of several outputs that hold the same tensors in different types, in one pass: each tile of the source is read once and stored in each.</summary>
    /// <param name="files">What to write where; what exists is replaced. All plans have the same tensors in the same order.</param>
    /// <param name="threads">Workers; 0 for one a processor.</param>
    /// <param name="allowNonFinite">Encode NaN and infinity as ggml does, and copy them unseen, instead of refusing them.</param>
    /// <param name="progress">Told about source bytes done.</param>
    /// <param name="cancellationToken">Stops the work within a tile and removes what was written.</param>
    /// <returns>SHA-256 of each output, lower-case hex.</returns>
    /// <exception cref="HafsException">The source cannot be read, holds numbers that are not finite, the disk is full, or the plans differ in their tensors.</exception>
    public static IReadOnlyList<string> RunTogether(IReadOnlyList<PlannedFile> files, int threads, bool allowNonFinite, IProgress<WorkProgress>? progress, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(files);
        ExportPlan first = files[0].Plan;
        if (files.FirstOrDefault(f => f.Plan.SealHeader is not null || f.Plan.Tensors.Any(t => t.Layout is not null)) is { } single)
            throw new HafsException(ErrorKind.Unsupported, "PlanStandsAlone", $"{single.Path}: states hashes of its source or lays its rows out in a way of its own, and is filled alone", single.Path);
        if (files.FirstOrDefault(f => !f.Plan.Tensors.Select(t => (t.Name, t.Rows.RowLength, t.Rows.RowCount)).SequenceEqual(first.Tensors.Select(t => (t.Name, t.Rows.RowLength, t.Rows.RowCount)))) is { } other)
            throw new HafsException(ErrorKind.InvalidArgument, "PlansDiffer", $"{other.Path}: has other tensors than {files[0].Path}; only outputs with the same tensors are filled in one pass", other.Path);
        var outputs = new List<SafeFileHandle>(files.Count);
        string current = files[0].Path;
        try
        {
            foreach ((string path, ExportPlan plan) in files)
            {
                outputs.Add(Create((current = path) + Partial, plan.FileBytes));
                RandomAccess.SetLength(outputs[^1], plan.FileBytes);
                RandomAccess.Write(outputs[^1], plan.Header.Span, 0);
            }

            // Outputs of one type stand beside each other, so that each type is encoded once.
            (ExportPlan, SafeFileHandle?)[] targets = [.. files.Zip(outputs).OrderBy(f => f.First.Plan.Tensors.Sum(t => t.ByteSize)).Select(f => (f.First.Plan, (SafeFileHandle?)f.Second))];
            new FillRun(targets, allowNonFinite, null, progress, (0, first.SourceBytes), TileElements).Execute(threads > 0 ? threads : Environment.ProcessorCount, cancellationToken);
            string[] written = [.. files.Zip(outputs).Select(f => HashAndFlush(f.Second, f.First.Plan.FileBytes, cancellationToken))];
            outputs.ForEach(o => o.Dispose());
            foreach ((string path, _) in files)
                File.Move(path + Partial, current = path, overwrite: true);
            return written;
        }
        catch (Exception exception)
        {
            outputs.ForEach(o => o.Dispose());
            foreach ((string path, _) in files.Take(outputs.Count))
                File.Delete(path + Partial);
            if (exception is IOException and not FileNotFoundException)
                throw new HafsException(ErrorKind.ResourceExhausted, "OutputNotWritten", $"{current}: could not be written: {exception.Message}", current, inner: exception);
            throw;
        }
    }

    /// <summary>Encodes everything and writes nothing: what each tensor would lose.</summary>
    /// <param name="plan">What would be written.</param>
    /// <param name="threads">Workers; 0 for one a processor.</param>
    /// <param name="allowNonFinite">Encode NaN and infinity as ggml does, instead of refusing them.</param>
    /// <param name="progress">Told about source bytes done.</param>
    /// <param name="cancellationToken">Stops the work within a tile.</param>
    /// <returns>The errors, in the order of the plan's tensors.</returns>
    /// <exception cref="HafsException">The source cannot be read or holds numbers that are not finite.</exception>
    public static IReadOnlyList<TensorError> Measure(ExportPlan plan, int threads, bool allowNonFinite, IProgress<WorkProgress>? progress, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(plan);
        var errors = new TensorErrors();
        new FillRun([(plan, null)], allowNonFinite, errors, progress, (0, plan.SourceBytes), TileElements).Execute(threads > 0 ? threads : Environment.ProcessorCount, cancellationToken);
        return errors.All();
    }

    private static SafeFileHandle Create(string partial, long bytes)
    {
        try
        {
            Directory.CreateDirectory(Path.GetDirectoryName(partial)!);
            return File.OpenHandle(partial, FileMode.Create, FileAccess.ReadWrite, FileShare.None, FileOptions.None, bytes);
        }
        catch (UnauthorizedAccessException exception)
        {
            throw new HafsException(ErrorKind.PermissionDenied, "OutputNotWritable", $"{partial}: may not be written", partial, inner: exception);
        }
        catch (IOException exception)
        {
            // Either the disk cannot hold the file, which is claimed whole at once, or another run is writing the same one.
            bool isInUse = File.Exists(partial);
            throw new HafsException(
                isInUse ? ErrorKind.Conflict : ErrorKind.ResourceExhausted,
                isInUse ? "OutputInUse" : "DiskFull",
                isInUse ? $"{partial}: another conversion is writing this file" : $"{partial}: {bytes:N0} bytes could not be claimed on the disk: {exception.Message}",
                partial,
                inner: exception);
        }
    }

    // The disk writes while the processor reads what is still in memory.
    private static string HashAndFlush(SafeFileHandle output, long bytes, CancellationToken cancellationToken)
    {
        Task flush = Task.Run(() => RandomAccess.FlushToDisk(output), CancellationToken.None);
        try
        {
            return Hash(output, bytes, cancellationToken);
        }
        finally
        {
            flush.GetAwaiter().GetResult();
        }
    }

    private static string Hash(SafeFileHandle output, long bytes, CancellationToken cancellationToken)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        byte[] buffer = new byte[HashBytes];
        for (long position = 0; position < bytes;)
        {
            cancellationToken.ThrowIfCancellationRequested();
            int count = RandomAccess.Read(output, buffer, position);
            if (count == 0)
                throw new IOException($"the file ends at byte {position} while it is hashed");
            hash.AppendData(buffer, 0, count);
            position += count;
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    /// <summary>Rows of one tensor that a worker takes at a time: at least one, at most a tile.</summary>
    internal static long RowsPerTile(TensorRows rows, int tileElements) => Math.Clamp(tileElements / rows.RowLength, 1, rows.RowCount);
}
