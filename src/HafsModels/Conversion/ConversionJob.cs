using HafsModels.Architectures;
using HafsModels.Formats.Gguf;
using HafsModels.Formats.ImportanceMatrices;
using HafsModels.Quantization;
using HafsModels.Tensors;
using HafsModels.Tokenizers;

namespace HafsModels.Conversion;

/// <summary>An open source, a checkpoint folder or a GGUF file, and the exact plan to convert it.</summary>
public sealed class ConversionJob : IDisposable
{
    private readonly IDisposable source;

    private readonly IReadOnlyList<string> sources;

    private ConversionJob(IDisposable source, string name, IReadOnlyList<PlannedFile> files, ConversionPlan summary, IReadOnlyList<string> sources)
    {
        this.source = source;
        this.sources = sources;
        Name = name;
        Files = files;
        Summary = summary;
    }

    /// <summary>The model's id, or what its folder or file is called.</summary>
    public string Name { get; }

    /// <summary>The files to write.</summary>
    public IReadOnlyList<PlannedFile> Files { get; }

    /// <summary>What would be written.</summary>
    public ConversionPlan Summary { get; }

    /// <summary>What is read.</summary>
    public required ModelSource Source { get; init; }

    /// <summary>Which tensor gets which type.</summary>
    public required QuantizationOptions Quantization { get; init; }

    /// <summary>Where the importance matrix came from, or null.</summary>
    public ImportanceOrigin? Importance => Quantization.Importance?.Origin;

    /// <summary>SHA-256 of the weight files that were read, once the job has run: lower-case hex by file name, by full path for files outside the model's folder.</summary>
    public IReadOnlyDictionary<string, string> SourceSha256 { get; private set; } = new Dictionary<string, string>();

    /// <summary>Opens a source and plans its conversion; reads headers only.</summary>
    /// <param name="request">What to make of it.</param>
    /// <param name="model">A checkpoint folder, with or without an adapter, a GGUF file, or a folder that holds nothing but GGUF files.</param>
    /// <exception cref="HafsException">There is no model, or it cannot be converted so.</exception>
    public static ConversionJob Open(ConvertRequest request, ModelSource model)
    {
        ArgumentNullException.ThrowIfNull(request);
        ArgumentNullException.ThrowIfNull(model);
        RecipeFile recipe = RecipeFile.For(request);
        ImportanceMatrix? importance = request.ImportanceMatrix is { } matrix ? ImportanceMatrixFile.Read(matrix) : null;
        QuantizationOptions quantization = recipe.ToOptions(importance);
        return model.AdapterPath is null && GgufSources.Find(model.Path) is { } file
            ? Open(GgufSet.Open(file), set => FromGguf(set, request, recipe, quantization))
            : Open(ModelFolder.Open(model with { TextOnly = request.TextOnly }), folder => FromFolder(folder, request, recipe, quantization));
    }

    /// <summary>Writes the files.</summary>
    /// <param name="threads">Workers; 0 for one a processor.</param>
    /// <param name="allowNonFinite">Copy ggml's behaviour for NaN and infinity.</param>
    /// <param name="errors">Takes what each tensor loses, or null.</param>
    /// <param name="progress">Told about source bytes done.</param>
    /// <param name="cancellationToken">Stops the work and removes what was written.</param>
    /// <returns>SHA-256 of each, lower-case hex.</returns>
    public IReadOnlyList<string> Run(int threads, bool allowNonFinite, TensorErrors? errors, IProgress<WorkProgress>? progress, CancellationToken cancellationToken)
    {
        using var hashes = new SourceHashes(sources, cancellationToken);
        IReadOnlyList<string> outputs = PlanRunner.Run(Files, threads, allowNonFinite, errors, source: null, hashes, progress, cancellationToken);
        string home = Directory.Exists(Source.Path) ? Source.Path : Path.GetDirectoryName(Source.Path)!;
        SourceSha256 = sources.Zip(hashes.Wait(Files[0].Plan.Activity, progress)).ToDictionary(s => Path.GetDirectoryName(s.First) == home ? Path.GetFileName(s.First) : s.First, s => s.Second, StringComparer.Ordinal);
        return outputs;
    }

    /// <summary>Closes the source.</summary>
    public void Dispose() => source.Dispose();

    private static ConversionJob Open<T>(T source, Func<T, ConversionJob> plan)
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

    private static ConversionJob FromFolder(ModelFolder folder, ConvertRequest request, RecipeFile recipe, QuantizationOptions quantization)
    {
        if (recipe.PruneLayers.Count > 0 || recipe.KeepSplit)
        {
            throw new HafsException(
                ErrorKind.Unsupported, "GgufSourceNeeded", $"{folder.Path}: blocks are pruned and splits are kept when the source is a GGUF file", folder.Path, "Convert the checkpoint to F16 or BF16 first.");
        }

        ModelSource model = folder.Source;
        string home = request.Adapter is null && model.AdapterPath is { } adapter ? adapter : folder.Path;
        string name = request.ModelId ?? Path.GetFileName(home);
        IReadOnlyList<string> sources = request.SkipSourceHash ? [] : folder.Checkpoint.Files;
        ExportPlan plan = GgufExport.Plan(folder, Vocabulary.Load(model.TokenizerPath, request.PreTokenizer, config: model.AdapterPath is null ? null : folder.Config.Json), quantization, new GgufExportOptions
        {
            Name = name,
            Author = request.Author,
            Description = request.Description,
            License = request.License,
            BaseModel = request.BaseModel,
            QuantizedBy = request.QuantizedBy,
            Experiment = request.Experiment,
            Sources = request.Provenance == ProvenanceDetail.Full ? sources : [],
            Metadata = request.Metadata,
            CardFolder = home,
        });
        string output = OutputPath(request.OutputPath, home, $"{name}-{recipe.Name}.gguf");
        return Job(folder, name, folder.Source, folder.Family.Name, quantization, [new(output, plan)], plan.Warnings, sources);
    }

    private static ConversionJob FromGguf(GgufSet set, ConvertRequest request, RecipeFile recipe, QuantizationOptions quantization)
    {
        string name = request.ModelId ?? GgufSources.NameOf(set);
        IReadOnlyList<ExportPlan> plans = GgufRequantization.Plan(set, quantization, new GgufRequantizationOptions
        {
            Activity = $"Converting {name} to {recipe.Name}",
            AllowRequantize = recipe.AllowRequantize,
            PruneLayers = recipe.PruneLayers,
            KeepSplit = recipe.KeepSplit,
            Metadata = [.. Described(request), .. request.Metadata],
        });
        string output = OutputPath(request.OutputPath, Path.GetDirectoryName(set.Path)!, $"{name}-{recipe.Name}.gguf");
        string[] paths = plans.Count == 1 ? [output] : [.. plans.Select((_, i) => GgufSplit.FileName(output[..^".gguf".Length], i, plans.Count))];
        if (paths.Intersect(set.Files.Select(f => f.Path)).FirstOrDefault() is { } same)
            throw new HafsException(ErrorKind.InvalidArgument, "OutputIsSource", $"{same} is the source; it cannot be the output as well", same, "Name another output.");
        return Job(set, name, new ModelSource(set.Path), (string)set.Find("general.architecture")!.Value, quantization, [.. paths.Zip(plans, (path, plan) => new PlannedFile(path, plan))], Warnings(plans),
            request.SkipSourceHash ? [] : [.. set.Files.Select(f => f.Path)]);
    }

    private static ConversionJob Job(IDisposable source, string name, ModelSource model, string family, QuantizationOptions quantization, IReadOnlyList<PlannedFile> files, IReadOnlyList<string> warnings, IReadOnlyList<string> sources)
    {
        PlannedTensor[] tensors = [.. files.SelectMany(f => f.Plan.Tensors)];
        long elements = tensors.Where(t => t.Rows.SourceBytesPerRow > 0).Sum(t => t.Rows.Shape.ElementCount);
        double bits = 8.0 * tensors.Sum(t => (double)t.ByteSize) / Math.Max(1, tensors.Sum(t => t.Rows.Shape.ElementCount));
        var summary = new ConversionPlan(
            model.Path, files[0].Path, quantization.Name, family, files.Sum(f => f.Plan.SourceBytes), files.Sum(f => f.Plan.FileBytes), elements, tensors.Length, bits, files.Any(f => File.Exists(f.Path)))
        {
            OutputPaths = [.. files.Select(f => f.Path)],
            Warnings = warnings,
        };
        return new ConversionJob(source, name, files, summary, sources) { Source = model, Quantization = quantization };
    }

    private static string[] Warnings(IReadOnlyList<ExportPlan> plans)
    {
        int again = plans.SelectMany(p => p.Tensors).Count(t => t.Rows is StoredRows rows && rows.Type != t.Type && rows.Type is not (GgmlType.F32 or GgmlType.F16 or GgmlType.BF16));
        return again == 0 ? [] : [$"{again} tensors were quantized already and are quantized again, which loses more than quantizing the original once"];
    }

    private static IEnumerable<KeyValuePair<string, object>> Described(ConvertRequest request)
    {
        (string Key, string? Value)[] all =
        [
            ("general.author", request.Author), ("general.description", request.Description), ("general.license", request.License), ("general.quantized_by", request.QuantizedBy), ("general.base_model.0.name", request.BaseModel),
        ];
        foreach ((string key, string? value) in all)
        {
            if (value is not null)
                yield return new(key, value);
        }

        if (request.BaseModel is not null)
            yield return new("general.base_model.count", 1u);
    }

    // Anything that does not end in .gguf is a folder, there or to be made.
    private static string OutputPath(string? given, string folder, string fileName)
    {
        string path = Path.GetFullPath(given ?? folder);
        return path.EndsWith(".gguf", StringComparison.OrdinalIgnoreCase) && !Directory.Exists(path) ? path : Path.Combine(path, fileName);
    }
}
