using HafsModels.Conversion;
using HafsModels.Exports.Verification;
using HafsModels.Registry;

namespace HafsModels.Exports;

/// <summary>
/// Carries an export out: checks the space, writes every format beside its name, GGUF files of all formats in one pass over the source, looks
/// into what was written, and gives it its name. What fails leaves nothing behind.
/// </summary>
internal sealed class ExportRun
{
    private const string LockName = ".lock";
    private readonly ExportJob job;
    private readonly ExportJob.Part[] parts;
    private readonly List<FileStream> locks = [];
    private readonly Dictionary<string, string> hashes = [];
    private readonly Dictionary<string, ExportRunOutcome> runs = [];
    private readonly IProgress<WorkProgress>? progress;
    private readonly CancellationToken cancellationToken;
    private readonly long totalBytes;
    private long doneBytes;

    /// <summary>Prepares a run.</summary>
    /// <param name="job">What to write.</param>
    /// <param name="progress">Told about source bytes done.</param>
    /// <param name="cancellationToken">Stops the work within a tile and removes what was written.</param>
    public ExportRun(ExportJob job, IProgress<WorkProgress>? progress, CancellationToken cancellationToken)
    {
        this.job = job;
        this.progress = progress;
        this.cancellationToken = cancellationToken;
        parts = [.. job.Parts.Where(p => p.State != ExportState.Unchanged)];
        totalBytes = Shared().Select(f => f.File.Plan.SourceBytes).FirstOrDefault() + parts.SelectMany(p => p.Files).Sum(Alone);
    }

    /// <summary>Free bytes of the disk that a folder lies on.</summary>
    public Func<string, long> FreeBytes { get; init; } = folder => new DriveInfo(folder).AvailableFreeSpace;

    /// <summary>Does it.</summary>
    /// <returns>One result a format, in the order of the request.</returns>
    /// <exception cref="HafsException">Something else is there, the disk is full or may not be written, or the source cannot be read.</exception>
    public IReadOnlyList<ExportResult> Execute()
    {
        foreach (ExportJob.Part part in parts)
            RequireReplaceable(part);
        RequireSpace();
        try
        {
            foreach (ExportJob.Part part in parts)
                Begin(part);
            Fill();
            var written = new Dictionary<ExportJob.Part, (ExportManifest Manifest, ExportVerification? Verification)>();
            foreach (ExportJob.Part part in parts)
                written.Add(part, Finish(part));
            foreach (FileStream held in locks)
                held.Dispose();
            return [.. job.Parts.Select(p => written.TryGetValue(p, out var done) ? Publish(p, done.Manifest, done.Verification) : Skipped(p))];
        }
        catch (Exception exception)
        {
            CleanUp();
            if (exception is IOException and not FileNotFoundException)
                throw new HafsException(ErrorKind.ResourceExhausted, "OutputNotWritten", $"{job.Root}: could not be written: {exception.Message}", job.Root, inner: exception);
            if (exception is UnauthorizedAccessException)
                throw new HafsException(ErrorKind.PermissionDenied, "OutputNotWritable", $"{job.Root}: may not be written", job.Root, inner: exception);
            throw;
        }
    }

    // Source bytes of a file that is not filled together with others.
    private static long Alone(ExportFile file) => file switch
    {
        ExportFile.Weights { Quantization: "" } weights => weights.Plan.SourceBytes,
        ExportFile.Copied copied => copied.SizeBytes,
        _ => 0,
    };

    private (ExportJob.Part Part, ExportFile.Weights File)[] Shared() =>
        [.. parts.SelectMany(p => p.Files.OfType<ExportFile.Weights>().Where(f => f.Quantization.Length > 0).Select(f => (p, f)))];

    // An export is replaced by a newer one; anything else that stands there only when that is asked for, and no folder that is none.
    private void RequireReplaceable(ExportJob.Part part)
    {
        string output = part.OutputPath;
        bool isExport = ExportManifest.TryRead(output) is not null;
        if (part.State == ExportState.NeedsForce && (!isExport || File.Exists(output)))
            throw new HafsException(ErrorKind.AlreadyExists, "OutputIsNoExport", $"{output} holds files, but no export; it is not replaced", output, "Name another folder.");
        if (part.State == ExportState.NeedsForce && !job.Request.Force)
            throw new HafsException(ErrorKind.AlreadyExists, "OutputExists", $"{output} exists already, and is an export of another model or was changed by hand", output, "Pass -Force (--force) to replace it, or name another folder.");
        foreach (string input in job.Source.Inputs())
        {
            if (input.StartsWith(output + Path.DirectorySeparatorChar, StringComparison.Ordinal))
                throw new HafsException(ErrorKind.InvalidArgument, "OutputIsSource", $"{output}: {input} lies there, which is exported", output, "Name another folder.");
        }
    }

    private void RequireSpace()
    {
        long needed = parts.Sum(p => p.SizeBytes), free;
        string there = job.Root;
        while (!Directory.Exists(there) && Path.GetDirectoryName(there) is { } parent)
            there = parent;
        try
        {
            free = FreeBytes(there);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or ArgumentException)
        {
            // A network share that does not say: what cannot be claimed fails when it is written.
            return;
        }

        if (free < needed)
        {
            throw new HafsException(
                ErrorKind.ResourceExhausted, "DiskFull", $"{there}: {needed:N0} bytes would be written, and {free:N0} are free", there, "Make room, name another disk, fewer formats or a smaller quantization.");
        }
    }

    private void Begin(ExportJob.Part part)
    {
        try
        {
            // What a run that was killed left behind is nobody's; what one that goes on is writing is locked.
            if (Directory.Exists(part.Partial))
            {
                Lock(part).Dispose();
                Directory.Delete(part.Partial, true);
            }

            Directory.CreateDirectory(part.Partial);
            locks.Add(Lock(part));
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new HafsException(ErrorKind.PermissionDenied, "OutputNotWritable", $"{part.Partial}: may not be written: {exception.Message}", part.Partial, inner: exception);
        }
    }

    private static FileStream Lock(ExportJob.Part part)
    {
        string path = Path.Combine(part.Partial, LockName);
        try
        {
            return new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None, 1, FileOptions.DeleteOnClose);
        }
        catch (IOException exception) when (File.Exists(path))
        {
            throw new HafsException(ErrorKind.Conflict, "OutputInUse", $"{part.OutputPath}: another export is writing there", part.OutputPath, inner: exception);
        }
    }

    private void Fill()
    {
        (ExportJob.Part Part, ExportFile.Weights File)[] shared = Shared();
        if (shared.Length > 0)
        {
            PlannedFile[] files = [.. shared.Select(s => new PlannedFile(Target(s.Part, s.File), s.File.Plan))];
            IReadOnlyList<string> filled = PlanRunner.RunTogether(files, job.Request.Threads, false, WorkShare.Of(progress, doneBytes, totalBytes), cancellationToken);
            for (int i = 0; i < files.Length; i++)
                hashes.Add(files[i].Path, filled[i]);
            doneBytes += files[0].Plan.SourceBytes;
        }

        foreach (ExportJob.Part part in parts)
        {
            foreach (ExportFile file in part.Files)
            {
                cancellationToken.ThrowIfCancellationRequested();
                Write(part, file);
                doneBytes += Alone(file);
                progress?.Report(new WorkProgress($"Exporting {job.Source.Name} to {part.Format.Name}", file.Name, doneBytes, totalBytes));
            }
        }
    }

    private void Write(ExportJob.Part part, ExportFile file)
    {
        string target = Target(part, file);
        switch (file)
        {
            case ExportFile.Weights { Quantization: "" } weights:
                hashes.Add(target, PlanRunner.Run(weights.Plan, target, job.Request.Threads, false, WorkShare.Of(progress, doneBytes, totalBytes), cancellationToken));
                break;
            case ExportFile.Made made:
                File.WriteAllBytes(target, made.Bytes);
                break;
            case ExportFile.Copied copied:
                File.Copy(SourceFile.Of(copied.Source).FullName, target);
                File.SetAttributes(target, File.GetAttributes(target) & ~FileAttributes.ReadOnly);
                break;
        }
    }

    private (ExportManifest Manifest, ExportVerification? Verification) Finish(ExportJob.Part part)
    {
        var entries = new SortedDictionary<string, ExportManifest.Entry>(StringComparer.Ordinal);
        foreach (ExportFile file in part.Files)
        {
            var written = new FileInfo(Target(part, file));
            if (written.Length != file.SizeBytes)
                throw new HafsException(ErrorKind.Conflict, "SourceChanged", $"{written.FullName}: has {written.Length:N0} bytes instead of {file.SizeBytes:N0}; the source was changed while it was exported", written.FullName);
            entries.Add(file.Name, new ExportManifest.Entry(written.Length, hashes.GetValueOrDefault(written.FullName) ?? ExportManifest.Hash(written.FullName), written.LastWriteTimeUtc));
        }

        var manifest = new ExportManifest { Format = part.Format.Name, Model = job.Source.Name, Fingerprint = part.Fingerprint, Files = entries, Notes = part.Warnings };
        if (job.Request.SkipVerification)
        {
            manifest.Write(part.Partial);
            return (manifest, null);
        }

        // The hashes were made of what was written just now; reading it all again would tell nothing, and a file that stands in several formats is run once.
        ExportVerification verification = ExportTester.Test(
            part.Partial, part.Format, manifest, new ExportTestOptions { Threads = job.Request.Threads }, runs, progress, cancellationToken) with
        { Path = part.OutputPath };
        manifest = manifest with { Verified = verification.Passed };
        manifest.Write(part.Partial);
        return (manifest, verification);
    }

    private ExportResult Publish(ExportJob.Part part, ExportManifest manifest, ExportVerification? verification)
    {
        bool isGood = verification is null || verification.Passed;
        if (isGood)
            WholeFolder.Publish(part.Partial, part.OutputPath);
        else
            Directory.Delete(part.Partial, true);
        return Result(part, manifest) with
        {
            Success = isGood,
            Artifacts = isGood ? [.. manifest.Files.Keys.Select(f => Full(part, f))] : [],
            SizeBytes = isGood ? manifest.Files.Sum(f => f.Value.SizeBytes) : 0,
            Message = !isGood ? $"not exported: {verification!.Problem} (-SkipVerification, --skip-verification: without looking)"
                : $"{manifest.Files.Count} files, {HumanNumber.Bytes(manifest.Files.Sum(f => f.Value.SizeBytes))}{(verification is null ? ", not verified" : ", verified")}",
            VerificationPassed = verification?.Passed,
            VerificationDetails = verification,
            Recorded = isGood ? Artifacts(part, manifest) : [],
        };
    }

    private ExportResult Skipped(ExportJob.Part part)
    {
        ExportManifest manifest = ExportManifest.TryRead(part.OutputPath)!;
        return Result(part, manifest) with { Message = "unchanged since it was exported", Skipped = true, VerificationPassed = manifest.Verified ? true : null };
    }

    private ExportResult Result(ExportJob.Part part, ExportManifest manifest) => new()
    {
        Success = true,
        Format = part.Format.Name,
        Model = job.Source.Name,
        OutputPath = part.OutputPath,
        Artifacts = [.. manifest.Files.Keys.Select(f => Full(part, f))],
        SizeBytes = manifest.Files.Sum(f => f.Value.SizeBytes),
        Message = "",
        Warnings = part.Warnings,
    };

    // GGUF files and ONNX graphs one by one, a graph with its data; a checkpoint in several files by its first.
    private IReadOnlyList<Artifact> Artifacts(ExportJob.Part part, ExportManifest manifest)
    {
        string format = part.Format.WeightFormat;
        string[] weights = [.. manifest.Files.Keys.Where(f => f.EndsWith("." + format, StringComparison.Ordinal))];
        long Size(string name) => format switch
        {
            "gguf" => manifest.Files[name].SizeBytes,
            "onnx" => manifest.Files.Where(f => f.Key.StartsWith(name, StringComparison.Ordinal)).Sum(f => f.Value.SizeBytes),
            _ => weights.Sum(w => manifest.Files[w].SizeBytes),
        };
        return
        [
            .. weights.Take(format is "gguf" or "onnx" ? weights.Length : 1).Select(name => (Name: name, File: part.Files.OfType<ExportFile.Weights>().FirstOrDefault(f => f.Name == name))).Select(w => new Artifact
            {
                ModelId = job.Source.Name,
                Path = Full(part, w.Name),
                Format = format,
                Quantization = w.File is null ? "" : w.File.DataType + w.File.Quantization,
                SizeBytes = Size(w.Name),
                Sha256 = manifest.Files[w.Name].Sha256,
                AdapterPath = job.Request.Adapter is null ? "" : job.Source.Model.AdapterPath ?? "",
                CreatedAt = DateTimeOffset.UtcNow,
                BitsPerWeight = format == "onnx" ? 8.0 * Size(w.Name) / job.Source.ParameterCount : w.File?.Plan.BitsPerWeight ?? 0,
            }),
        ];
    }

    private void CleanUp()
    {
        foreach (FileStream held in locks)
            held.Dispose();
        foreach (ExportJob.Part part in parts.Take(locks.Count))
        {
            if (Directory.Exists(part.Partial))
                Directory.Delete(part.Partial, true);
        }

        RemoveEmpty(job.Root);
    }

    private static void RemoveEmpty(string folder)
    {
        try
        {
            if (Directory.Exists(folder) && !Directory.EnumerateFileSystemEntries(folder).Any())
                Directory.Delete(folder);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // An empty folder may stay.
        }
    }

    private static string Target(ExportJob.Part part, ExportFile file)
    {
        string path = Path.GetFullPath(Path.Combine(part.Partial, file.Name));
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        return path;
    }

    private static string Full(ExportJob.Part part, string name) => Path.GetFullPath(Path.Combine(part.OutputPath, name));
}
