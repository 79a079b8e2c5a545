using HafsModels.Architectures;
using HafsModels.Conversion;
using HafsModels.Formats.Gguf;
using HafsModels.Inference;
using HafsModels.Measurement;
using HafsModels.Measurement.Reports;
using HafsModels.Registry;

namespace HafsModels;

/// <summary>
/// The straight path, for front ends: find, register, convert, publish, test. Joins the rooms and decides nothing. Instances hold only the
/// registry, so any number may work at once.
/// </summary>
/// <param name="registryPath">Registry file; null for <c>HAFS_REGISTRY</c>, else <c>~/.context/models/registry.json</c>.</param>
public sealed partial class Workbench(string? registryPath = null)
{
    private readonly ModelRegistry registry = ModelRegistry.Open(registryPath);

    /// <summary>Full path of the registry file.</summary>
    public string RegistryPath => registry.Path;

    /// <summary>The registry itself: backups, repair, versions, lineage.</summary>
    public ModelRegistry Registry => registry;

    /// <summary>Registered models that match, ordered by id.</summary>
    public IReadOnlyList<Model> Find(ModelQuery query) => registry.Find(query);

    /// <summary>One registered model.</summary>
    /// <exception cref="HafsException"><see cref="ErrorKind.NotFound"/>, with the nearest ids as a hint.</exception>
    public Model Get(string id) => registry.Get(id);

    /// <summary>Reads a model folder (config.json, trainer_state.json, training_args.json, adapter_config.json, weights) and the request into a record; writes nothing.</summary>
    public Model Describe(RegisterRequest request) => ModelDescription.Read(request) with { Registry = registry.Path };

    /// <summary>Registers a model folder: <see cref="Describe"/>, then stored.</summary>
    public Model Register(RegisterRequest request, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(request);
        Model described = Describe(request);
        return registry.Add(described, request.Force, cancellationToken) with { Warnings = described.Warnings };
    }

    /// <summary>Changes one record under the registry's lock. The id must stay.</summary>
    public Model Update(string id, Func<Model, Model> change, CancellationToken cancellationToken) => registry.Update(id, change, cancellationToken);

    /// <summary>Removes a record; with <paramref name="deleteFiles"/> also the model folder, adapter and artifacts (never anything outside them).</summary>
    /// <returns>The files and folders that were deleted.</returns>
    public IReadOnlyList<string> Unregister(string id, bool deleteFiles, CancellationToken cancellationToken)
    {
        if (!deleteFiles)
        {
            registry.Remove(id, cancellationToken);
            return [];
        }

        IReadOnlyList<string> paths = ModelFiles.Of(registry.Get(id), registry.Path);
        registry.Remove(id, cancellationToken);
        ModelFiles.Delete(paths);
        return paths;
    }

    /// <summary>What <see cref="Unregister"/> would delete with the model's files; fails where that would not be safe.</summary>
    public IReadOnlyList<string> FilesOf(string id) => ModelFiles.Of(registry.Get(id), registry.Path);

    /// <summary>
    /// Chooses a type for each tensor so that a conversion meets its target: reads the weights and runs the model. A request without a target, or with
    /// types chosen, comes back as it is.
    /// </summary>
    /// <returns>The request with the types, and what was chosen; null where nothing was to choose.</returns>
    /// <exception cref="HafsException">No mixture is that small.</exception>
    public (ConvertRequest Request, TypeChoice? Choice) ChooseTypes(ConvertRequest request, IProgress<WorkProgress>? progress, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(request);
        if ((request.TargetBytes is null && request.TargetBitsPerWeight is null) || request.ChosenTypes is not null)
            return (request, null);
        if (request.Quantization is { } named)
        {
            throw new HafsException(
                ErrorKind.InvalidArgument, "TargetAndQuantization", $"{named} says which types to use, a target size has them chosen: give one of the two", named, "Types of single tensors can be named beside a target.");
        }

        using ConversionJob job = Open(request);
        if (job.Files.Count > 1)
            throw new HafsException(ErrorKind.Unsupported, "TargetOfSplit", "a size is chosen for one file; the source is split and would stay so", job.Summary.Source, "Leave out -KeepSplit (--keep-split).");
        TypeChoice choice = TypeChoice.Choose(
            job.Files[0].Plan,
            job.Source,
            new SizeTarget(request.TargetBytes, request.TargetBitsPerWeight),
            new TypeChoiceOptions { Asked = job.Quantization, Text = request.EvaluationText, Threads = request.Threads },
            progress,
            cancellationToken);
        return (request with { ChosenTypes = choice.Types, MixtureName = choice.Name, Quantization = choice.NearestRecipe.Name }, choice);
    }

    /// <summary>What a conversion would write, exactly; reads headers only, unless types are yet to be chosen to meet a target.</summary>
    public ConversionPlan PlanConversion(ConvertRequest request)
    {
        request = ChooseTypes(request, null, CancellationToken.None).Request;
        using ConversionJob job = Open(request);
        return job.Summary;
    }

    /// <summary>Converts, verifies by running both (unless skipped), and records the artifact when the model is registered.</summary>
    public Artifact Convert(ConvertRequest request, IProgress<WorkProgress>? progress, CancellationToken cancellationToken)
    {
        request = ChooseTypes(request, progress, cancellationToken).Request;
        using ConversionJob job = Open(request);
        ConversionPlan summary = job.Summary;
        if (summary.OutputExists && !request.Force)
            throw new HafsException(ErrorKind.AlreadyExists, "OutputExists", $"{summary.OutputPath} exists already", summary.OutputPath, "Pass -Force (--force) to replace it, or name another output.");
        if (request.ReportPath is { } wanted)
            QuantizationReport.RequireName(wanted);
        TensorErrors? errors = request.ReportPath is null ? null : new TensorErrors();
        string hash = job.Run(request.Threads, request.AllowNonFinite, errors, progress, cancellationToken)[0];
        (Fidelity? fidelity, string note) = request.SkipVerification ? (null, "") : Verify(job.Source, summary, request, progress, cancellationToken);

        if (errors is not null)
            new QuantizationReport(job.Name, summary.Quantization, summary.OutputBytes, errors.All()) { Fidelity = fidelity }.Write(request.ReportPath!);
        var artifact = new Artifact
        {
            ModelId = request.ModelId ?? job.Name,
            Path = summary.OutputPath,
            Format = "gguf",
            Quantization = summary.Quantization,
            AdapterPath = request.Adapter is null ? "" : job.Source.AdapterPath!,
            SizeBytes = summary.OutputBytes,
            Sha256 = hash,
            SourceSha256 = job.SourceSha256,
            ImportanceMatrix = job.Importance,
            CreatedAt = DateTimeOffset.UtcNow,
            BitsPerWeight = summary.BitsPerWeight,
            Fidelity = fidelity,
        };
        return (request.ModelId is null ? artifact : registry.AddArtifact(artifact, cancellationToken)) with { VerificationNote = note };
    }

    /// <summary>What a conversion would lose, tensor by tensor; writes nothing but the report, where one is asked for.</summary>
    /// <param name="request">The conversion.</param>
    /// <param name="measureEffect">Also measure how far the answers move when only that tensor is quantized: one run of the model a tensor.</param>
    /// <param name="progress">Told how far it is.</param>
    /// <param name="cancellationToken">Ends the work.</param>
    public IReadOnlyList<TensorError> MeasureQuantization(ConvertRequest request, bool measureEffect, IProgress<WorkProgress>? progress, CancellationToken cancellationToken)
    {
        request = ChooseTypes(request, progress, cancellationToken).Request;
        if (request.ReportPath is { } wanted)
            QuantizationReport.RequireName(wanted);
        using ConversionJob job = Open(request);
        IReadOnlyList<TensorError> errors = QuantizationMeasurement.Measure(job, request, measureEffect, progress, cancellationToken);
        if (request.ReportPath is { } path)
            new QuantizationReport(job.Name, job.Summary.Quantization, job.Summary.OutputBytes, errors).Write(path);
        return errors;
    }

    /// <summary>Where an importance matrix would be written.</summary>
    /// <exception cref="HafsException">The model is not there, or the file is and was not to be replaced.</exception>
    public string PlanImportance(ImportanceRequest request)
    {
        ArgumentNullException.ThrowIfNull(request);
        return request.Output(PathOf(request.ModelId, request.Path));
    }

    /// <summary>Runs a model over a text and writes how much each column of its weights counts.</summary>
    public ModelImportance MeasureImportance(ImportanceRequest request, IProgress<WorkProgress>? progress, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(request);
        return ImportanceMeasurement.Write(PathOf(request.ModelId, request.Path), request, progress, cancellationToken);
    }

    // Any architecture can be quantized from GGUF to GGUF, also without a vocabulary; what the embedded decoder cannot run is not verified, and that is said.
    private static (Fidelity? Fidelity, string Note) Verify(ModelSource model, ConversionPlan summary, ConvertRequest request, IProgress<WorkProgress>? progress, CancellationToken cancellationToken)
    {
        progress?.Report(new WorkProgress($"Verifying {Path.GetFileName(summary.OutputPath)}", "running source and result on the same tokens", 0, 0));
        var options = new FidelityOptions { Text = request.EvaluationText, Threads = request.Threads };
        if (!File.Exists(model.Path))
            return (FidelityMeasurement.Measure(model, summary.OutputPath, options, cancellationToken), "");
        TextGenerator source;
        try
        {
            source = TextGenerator.Open(model, request.Threads, cancellationToken);
        }
        catch (HafsException exception)
        {
            return (null, $"not verified by running, because the source cannot be run here: {exception.Message}");
        }

        using (source)
        {
            using TextGenerator result = TextGenerator.Open(summary.OutputPath, request.Threads, cancellationToken);
            return (FidelityMeasurement.Measure(source, result, options, cancellationToken), "");
        }
    }

    private ConversionJob Open(ConvertRequest request)
    {
        ArgumentNullException.ThrowIfNull(request);
        _ = RecipeFile.For(request).Recipe;
        ModelSource source = Source(request.ModelId, request.Path, request.Adapter);
        return ConversionJob.Open(Told(request, source), source);
    }

    // A GGUF file speaks for itself. The registry goes before the model card, since it can be changed with Set-Model.
    private ConvertRequest Told(ConvertRequest request, ModelSource source)
    {
        if (source.AdapterPath is null && GgufSources.Find(source.Path) is not null)
            return request;
        Model? registered = request.ModelId is { } id ? registry.Get(id) : null;
        return request with
        {
            Author = request.Author ?? NotEmpty(registered?.Author),
            License = request.License ?? NotEmpty(registered?.License),
            Description = request.Description ?? NotEmpty(registered?.Description),
            Experiment = request.Experiment ?? Experiment(request, registered, source),
        };
    }

    private ExperimentProvenance? Experiment(ConvertRequest request, Model? registered, ModelSource source)
    {
        if (request.Provenance == ProvenanceDetail.None)
            return null;

        // With an adapter merged in, its training is the last one.
        Model? trained = request.Adapter is null ? registered : registry.Find(new ModelQuery()).FirstOrDefault(m => IsAt(m, source.AdapterPath!));
        if (request.Provenance == ProvenanceDetail.Full)
            return ModelProvenance.Of(trained ?? ModelDescription.Read(new RegisterRequest { Path = source.AdapterPath ?? source.Path }));
        return trained is not null && ModelProvenance.IsTrained(trained) ? ModelProvenance.Of(trained) : null;
    }

    private static string? NotEmpty(string? text) => string.IsNullOrEmpty(text) ? null : text;

    private string PathOf(string? id, string? path) => (id is null) == (path is null) ? throw Unnamed() : path ?? registry.Get(id!).Path;
}
