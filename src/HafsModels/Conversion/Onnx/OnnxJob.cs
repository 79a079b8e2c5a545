using HafsModels.Architectures;

namespace HafsModels.Conversion.Onnx;

/// <summary>An open checkpoint and the exact plan to export it.</summary>
public sealed class OnnxJob : IDisposable
{
    private readonly ModelFolder folder;
    private readonly HalfRange range = new();
    private bool isBorrowed;

    private OnnxJob(ModelFolder folder, OnnxRequest request)
    {
        this.folder = folder;
        request.Options.Check();
        OnnxDataType[] types = [.. request.DataTypes.Select(OnnxDataTypes.Get).Distinct()];
        OnnxLayoutFiles layout = OnnxLayoutFiles.For(request.Layout, folder, types);
        string home = request.Adapter is null && folder.Source.AdapterPath is { } adapter ? adapter : folder.Path;
        Name = request.ModelId ?? Path.GetFileName(home);
        string output = Path.TrimEndingDirectorySeparator(Path.GetFullPath(request.OutputPath ?? Path.Combine(home, Name + "-ONNX")));
        if (output == Path.TrimEndingDirectorySeparator(folder.Path) || output == home)
            throw new HafsException(ErrorKind.InvalidArgument, "OutputIsSource", $"{output} is the source; its config.json would be replaced", output, "Name another folder.");
        var warnings = new List<string>();
        var models = new List<OnnxPlannedModel>();
        var chunks = new Dictionary<string, int>(StringComparer.Ordinal);
        foreach (OnnxDataType type in types)
        {
            string name = layout.FileName(type);
            IReadOnlyList<(string Name, ExportPlan Plan)> planned = OnnxExport.Plan(folder, type, request.Options, Path.GetFileName(name), $"Exporting {Name} as {type.Name}", range);
            string directory = Path.GetDirectoryName(Path.Combine(output, name))!;
            Files.AddRange(planned.Select(p => new PlannedFile(Path.Combine(directory, p.Name), p.Plan)));
            long bytes = planned.Sum(p => p.Plan.FileBytes);
            models.Add(new OnnxPlannedModel(type.Name, Path.Combine(output, name), bytes, planned.Count - 1, 8.0 * planned.Skip(1).Sum(p => p.Plan.FileBytes) / folder.ParameterCount));
            warnings.AddRange(OnnxTraits.Warnings(folder, request.Options, type, bytes, request.Backends));
            if (planned.Skip(1).FirstOrDefault(p => p.Plan.FileBytes > OnnxExportOptions.DefaultChunkBytes) is { Plan: { } large })
                warnings.Add($"{type.Name}: tensor {large.Tensors[0].Name} alone has {large.FileBytes:N0} bytes; no browser loads more than {OnnxExportOptions.DefaultChunkBytes:N0} at once");
            chunks[type.FileName] = planned.Count - 1;
        }

        Files.AddRange(layout.Files(Name, output, chunks).Select(f => new PlannedFile(Path.Combine(output, f.Name), new ExportPlan($"Exporting {Name}", f.Bytes, [], f.Bytes.Length))));
        warnings.AddRange(layout.Warnings);
        Summary = new OnnxPlan(
            folder.Path, output, folder.Family.Name, request.Layout, models, folder.SourceBytes, Files.Sum(f => f.Plan.FileBytes), folder.ParameterCount, models.Any(m => File.Exists(m.Path)), warnings);
    }

    /// <summary>The model's id, or what its folder is called.</summary>
    public string Name { get; }

    /// <summary>The files to write.</summary>
    public List<PlannedFile> Files { get; } = [];

    /// <summary>What would be written.</summary>
    public OnnxPlan Summary { get; }

    /// <summary>What is read.</summary>
    public ModelSource Source => folder.Source;

    /// <summary>What writing showed; empty before that.</summary>
    public IReadOnlyList<string> Findings => range.Warning is { } warning ? [warning] : [];

    /// <summary>Opens a checkpoint and plans its export; reads headers only.</summary>
    /// <exception cref="HafsException">There is no model, it cannot be exported so, or does not run where it must.</exception>
    public static OnnxJob Open(OnnxRequest request, ModelSource model)
    {
        ArgumentNullException.ThrowIfNull(request);
        ArgumentNullException.ThrowIfNull(model);
        ModelFolder folder = ModelFolder.Open(model with { TextOnly = request.TextOnly });
        try
        {
            return new OnnxJob(folder, request);
        }
        catch
        {
            folder.Dispose();
            throw;
        }
    }

    /// <summary>Plans the export of an open checkpoint, which stays open when the job is closed.</summary>
    /// <exception cref="HafsException">It cannot be exported so, or does not run where it must.</exception>
    internal static OnnxJob Of(ModelFolder folder, OnnxRequest request) => new(folder, request) { isBorrowed = true };

    /// <summary>Writes the files.</summary>
    /// <param name="threads">Workers; 0 for one a processor.</param>
    /// <param name="progress">Told about source bytes done.</param>
    /// <param name="cancellationToken">Stops the work and removes what was written.</param>
    /// <returns>SHA-256 of each file, lower-case hex, by full path.</returns>
    public IReadOnlyDictionary<string, string> Run(int threads, IProgress<WorkProgress>? progress, CancellationToken cancellationToken) =>
        Files.Zip(PlanRunner.Run(Files, threads, false, null, source: null, progress, cancellationToken)).ToDictionary(f => f.First.Path, f => f.Second, StringComparer.Ordinal);

    /// <summary>Closes the source.</summary>
    public void Dispose()
    {
        if (!isBorrowed)
            folder.Dispose();
    }
}
