using HafsModels.Formats.Gguf;

namespace HafsModels.Conversion;

/// <summary>Work on whole GGUF files that copies their tensors: other metadata, splitting, merging. Planned when it is opened.</summary>
public sealed class GgufFileJob : IDisposable
{
    private readonly IDisposable source;
    private readonly string? replaced;

    private GgufFileJob(IDisposable source, string sourcePath, IReadOnlyList<PlannedFile> files, string? replaced)
    {
        this.source = source;
        this.replaced = replaced;
        SourcePath = sourcePath;
        Files = files;
    }

    /// <summary>Full path of the file that is read, or of the first of several.</summary>
    public string SourcePath { get; }

    /// <summary>The files to write.</summary>
    public IReadOnlyList<PlannedFile> Files { get; }

    /// <summary>Bytes of all files to write.</summary>
    public long OutputBytes => Files.Sum(f => f.Plan.FileBytes);

    /// <summary>Those that exist already, other than a file that is changed in place.</summary>
    public IReadOnlyList<string> Existing => [.. Files.Select(f => f.Path).Where(p => p != replaced && File.Exists(p))];

    /// <summary>Plans a file with other metadata.</summary>
    /// <param name="path">The file.</param>
    /// <param name="outputPath">The output; null to replace the file.</param>
    /// <param name="set">Keys and values to set.</param>
    /// <param name="remove">Keys to remove.</param>
    /// <exception cref="HafsException">The file cannot be read, or cannot be changed so.</exception>
    public static GgufFileJob Edit(string path, string? outputPath, IEnumerable<KeyValuePair<string, object>> set, IReadOnlyCollection<string> remove) => Open(GgufFile.Open(path), file =>
    {
        string output = Path.GetFullPath(outputPath ?? path);
        return new GgufFileJob(file, file.Path, [GgufEditing.Plan(file, output, set, remove)], output == file.Path ? output : null);
    });

    /// <summary>Plans the parts of a model.</summary>
    /// <param name="path">The model.</param>
    /// <param name="prefix">What the names of the parts begin with; null for the model's own name.</param>
    /// <param name="limits">When a new part begins.</param>
    /// <exception cref="HafsException">The model cannot be read, or split so.</exception>
    public static GgufFileJob Split(string path, string? prefix, GgufSplitLimits limits) => Open(GgufSet.Open(path), set =>
        new GgufFileJob(set, set.Path, RequireOther(set, GgufSplitting.Split(set, prefix ?? Path.Combine(Path.GetDirectoryName(set.Path)!, NameOf(set)), limits)), null));

    /// <summary>Plans one file of a split model.</summary>
    /// <param name="path">The first of its parts.</param>
    /// <param name="outputPath">The output; null for the model's name beside its parts.</param>
    /// <exception cref="HafsException">The parts cannot be read, or there is only one.</exception>
    public static GgufFileJob Merge(string path, string? outputPath) => Open(GgufSet.Open(path), set =>
        new GgufFileJob(set, set.Path, RequireOther(set, [GgufSplitting.Merge(set, outputPath ?? Path.Combine(Path.GetDirectoryName(set.Path)!, NameOf(set) + ".gguf"))]), null));

    /// <summary>Writes the files; all appear, or none.</summary>
    /// <param name="force">Replace files that exist.</param>
    /// <param name="progress">Told about bytes done.</param>
    /// <param name="cancellationToken">Stops the work and removes what was written.</param>
    /// <exception cref="HafsException">A file exists already, or cannot be written.</exception>
    public void Run(bool force, IProgress<WorkProgress>? progress, CancellationToken cancellationToken)
    {
        if (!force && Existing is [string first, ..])
            throw new HafsException(ErrorKind.AlreadyExists, "OutputExists", $"{first} exists already", first, "Pass -Force (--force) to replace it, or name another output.");
        PlanRunner.Run(Files, threads: 0, allowNonFinite: true, errors: null, source, progress, cancellationToken);
    }

    /// <summary>Closes the source.</summary>
    public void Dispose() => source.Dispose();

    private static string NameOf(GgufSet set) => set.Files.Count > 1
        ? GgufSplit.PrefixOf(Path.GetFileName(set.Path), 0, set.Files.Count)!
        : Path.GetFileNameWithoutExtension(set.Path);

    private static IReadOnlyList<PlannedFile> RequireOther(GgufSet set, IReadOnlyList<PlannedFile> files) => files.FirstOrDefault(f => set.Files.Any(s => s.Path == f.Path)) is { } same
        ? throw new HafsException(ErrorKind.InvalidArgument, "OutputIsSource", $"{same.Path} is read; it cannot be an output as well", same.Path, "Name another output.")
        : files;

    private static GgufFileJob Open<T>(T source, Func<T, GgufFileJob> plan)
        where T : IDisposable
    {
        try
        {
            return plan(source);
        }
        catch
        {
            source.Dispose();
            throw;
        }
    }
}
