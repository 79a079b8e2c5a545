using HafsModels.Architectures;
using HafsModels.Formats.Peft;
using HafsModels.Tensors;

namespace HafsModels.Conversion;

/// <summary>
/// A planned merge of an adapter into its base model, written as a Hugging Face checkpoint folder: weights, config and tokenizer. The folder
/// appears whole under its name or not at all.
/// </summary>
internal sealed class AdapterMerge : IDisposable
{
    private readonly ModelFolder folder;
    private readonly IReadOnlyList<(string Name, ExportPlan Plan)> shards;
    private readonly List<(string Name, string Source)> copies = [];
    private readonly List<(string Name, byte[] Bytes)> made = [];

    private AdapterMerge(ModelFolder folder, MergeRequest request, string output)
    {
        this.folder = folder;
        var checkpoint = (MergedCheckpoint)folder.Checkpoint;
        ElementType TypeOf(TensorInfo tensor) => request.DataType ?? checkpoint.StoredType(tensor.Name);
        shards = SafeTensorsExport.Plan(checkpoint, TypeOf, $"Merging {Path.GetFileName(checkpoint.AdapterPath)} into {Path.GetFileName(folder.Path)}", request.MaxShardBytes);
        made.Add(("config.json", CheckpointFiles.Config(folder, request.DataType)));
        if (shards.Count > 1)
            made.Add(("model.safetensors.index.json", SafeTensorsExport.Index(shards)));
        copies.AddRange(CheckpointFiles.Beside(folder));
        Summary = new MergePlan(
            folder.Path,
            checkpoint.AdapterPath,
            output,
            request.NewId ?? (request.ModelId is null ? null : Path.GetFileName(output)),
            string.Join(", ", shards.SelectMany(s => s.Plan.Tensors.Select(t => t.Format.Type.ToString())).Distinct()),
            shards.Count,
            shards.Sum(s => s.Plan.FileBytes) + made.Sum(m => (long)m.Bytes.Length) + copies.Sum(c => new FileInfo(c.Source).Length),
            shards.Sum(s => s.Plan.ElementCount),
            shards.Sum(s => s.Plan.Tensors.Count),
            checkpoint.Additions.Count,
            checkpoint.Replaced.Count(),
            Directory.Exists(output) && Directory.EnumerateFileSystemEntries(output).Any());
    }

    /// <summary>What would be written.</summary>
    public MergePlan Summary { get; }

    /// <summary>Opens base model and adapter and plans the merge.</summary>
    /// <exception cref="HafsException">They do not fit together, or the output would overwrite one of them.</exception>
    public static AdapterMerge Open(ModelSource source, MergeRequest request)
    {
        if (source.AdapterPath is null)
            throw new HafsException(ErrorKind.InvalidArgument, "MergeWithoutAdapter", $"{source.Path}: no adapter to merge is named, and the folder is none itself", source.Path);
        if (request.DataType is not (null or ElementType.F32 or ElementType.F16 or ElementType.BF16))
            throw new HafsException(ErrorKind.InvalidArgument, "MergeDataType", $"weights are written as F32, F16 or BF16, not as {request.DataType}");
        if (request.MaxShardBytes <= 0)
            throw new HafsException(ErrorKind.InvalidArgument, "MergeShardSize", $"a weight file must hold at least one byte, not {request.MaxShardBytes:N0}");
        string output = Path.TrimEndingDirectorySeparator(Path.GetFullPath(request.OutputPath));
        foreach (string input in new[] { source.Path, source.AdapterPath })
        {
            string relative = Path.GetRelativePath(output, Path.GetFullPath(input));
            if (relative == "." || !(relative == ".." || relative.StartsWith(".." + Path.DirectorySeparatorChar, StringComparison.Ordinal) || Path.IsPathRooted(relative)))
                throw new HafsException(ErrorKind.InvalidArgument, "MergeOverInput", $"{output}: {input} lies there, which is read by the merge", output, "Name another folder.");
        }

        ModelFolder folder = ModelFolder.Open(source);
        try
        {
            return new AdapterMerge(folder, request, output);
        }
        catch
        {
            folder.Dispose();
            throw;
        }
    }

    /// <summary>Writes the folder.</summary>
    /// <param name="threads">Workers; 0 for one a processor.</param>
    /// <param name="force">Replace a checkpoint that is there.</param>
    /// <param name="progress">Told about source bytes done.</param>
    /// <param name="cancellationToken">Stops the work within a tile and removes what was written.</param>
    /// <exception cref="HafsException">The folder exists, the source cannot be read, holds numbers that are not finite, or the disk is full.</exception>
    public void Run(int threads, bool force, IProgress<WorkProgress>? progress, CancellationToken cancellationToken)
    {
        string output = Summary.OutputPath, partial = output + WholeFolder.PartialSuffix;
        RequireReplaceable(output, force);
        try
        {
            if (Directory.Exists(partial))
                Directory.Delete(partial, true);
            Directory.CreateDirectory(partial);
            long total = shards.Sum(s => s.Plan.SourceBytes), done = 0;
            foreach ((string name, ExportPlan plan) in shards)
            {
                PlanRunner.Run(plan, Path.Combine(partial, name), threads, false, WorkShare.Of(progress, done, total), cancellationToken);
                done += plan.SourceBytes;
            }

            foreach ((string name, byte[] bytes) in made)
                File.WriteAllBytes(Path.Combine(partial, name), bytes);
            foreach ((string name, string source) in copies)
            {
                Directory.CreateDirectory(Path.GetDirectoryName(Path.Combine(partial, name))!);
                File.Copy(source, Path.Combine(partial, name));
            }

            cancellationToken.ThrowIfCancellationRequested();
            WholeFolder.Publish(partial, output);
        }
        catch (Exception exception)
        {
            if (Directory.Exists(partial))
                Directory.Delete(partial, true);
            if (exception is IOException)
                throw new HafsException(ErrorKind.ResourceExhausted, "OutputNotWritten", $"{output}: could not be written: {exception.Message}", output, inner: exception);
            if (exception is UnauthorizedAccessException)
                throw new HafsException(ErrorKind.PermissionDenied, "OutputNotWritable", $"{output}: may not be written", output, inner: exception);
            throw;
        }
    }

    /// <summary>Closes the files.</summary>
    public void Dispose() => folder.Dispose();

    // Only a checkpoint is replaced, never a folder of something else.
    private void RequireReplaceable(string output, bool force)
    {
        if (File.Exists(output) || (Summary.OutputExists && !force))
            throw new HafsException(ErrorKind.AlreadyExists, "OutputExists", $"{output} exists already", output, "Pass -Force (--force) to replace a checkpoint there, or name another folder.");
        if (Summary.OutputExists && !File.Exists(Path.Combine(output, "config.json")))
            throw new HafsException(ErrorKind.AlreadyExists, "OutputIsNoCheckpoint", $"{output} holds files, but no checkpoint; it is not replaced", output, "Name another folder.");
    }
}
