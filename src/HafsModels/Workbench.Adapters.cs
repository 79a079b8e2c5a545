using HafsModels.Architectures;
using HafsModels.Conversion;
using HafsModels.Registry;

namespace HafsModels;

/// <content>Adapters: merged into their base models, or written as GGUF adapters.</content>
public sealed partial class Workbench
{
    /// <summary>What a merge would write, exactly; reads headers only.</summary>
    public MergePlan PlanMerge(MergeRequest request)
    {
        using AdapterMerge merge = Open(request);
        return merge.Summary;
    }

    /// <summary>
    /// Merges an adapter into its base model and writes the result as a checkpoint folder. The result is registered when the model is, or when
    /// the request names an id for it: with what the adapter's training says, and with base and adapter as its parents.
    /// </summary>
    /// <returns>The merged model; <see cref="Model.Registry"/> is empty when it is not registered.</returns>
    public Model Merge(MergeRequest request, IProgress<WorkProgress>? progress, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(request);
        using AdapterMerge merge = Open(request);
        MergePlan plan = merge.Summary;
        if (plan.NewId is { } id && !request.Force && registry.TryGet(id, out _))
            throw new HafsException(ErrorKind.AlreadyExists, "ModelExists", $"'{id}' is registered already in {registry.Path}.", id, "Name another id for the merged model, or replace the record with -Force (--force).");
        merge.Run(request.Threads, request.Force, progress, cancellationToken);
        Model merged = Merged(plan);
        if (plan.NewId is null)
            return merged;
        registry.Add(merged, request.Force, cancellationToken);
        return registry.AddParent(merged.Id, new ModelParent(ModelParentKind.Adapter, IdOf(plan.AdapterPath) ?? plan.AdapterPath), cancellationToken);
    }

    /// <summary>What converting an adapter to a GGUF adapter would write, exactly; reads headers only.</summary>
    public ConversionPlan PlanAdapterConversion(AdapterConvertRequest request)
    {
        using AdapterConversion conversion = Open(request);
        return conversion.Summary;
    }

    /// <summary>Writes an adapter as a GGUF file that llama.cpp loads beside the base model, and records it when the adapter is registered.</summary>
    public Artifact ConvertAdapter(AdapterConvertRequest request, IProgress<WorkProgress>? progress, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(request);
        using AdapterConversion conversion = Open(request);
        ConversionPlan summary = conversion.Summary;
        if (summary.OutputExists && !request.Force)
            throw new HafsException(ErrorKind.AlreadyExists, "OutputExists", $"{summary.OutputPath} exists already", summary.OutputPath, "Pass -Force (--force) to replace it, or name another output.");
        string hash = PlanRunner.Run(conversion.Plan, summary.OutputPath, request.Threads, false, progress, cancellationToken);
        var artifact = new Artifact
        {
            ModelId = request.ModelId ?? Path.GetFileName(conversion.Source.AdapterPath!),
            Path = summary.OutputPath,
            Format = AdapterConvertRequest.Format,
            Quantization = summary.Quantization,
            SizeBytes = summary.OutputBytes,
            Sha256 = hash,
            CreatedAt = DateTimeOffset.UtcNow,
            BitsPerWeight = summary.BitsPerWeight,
        };
        return request.ModelId is null ? artifact : registry.AddArtifact(artifact, cancellationToken);
    }

    private AdapterMerge Open(MergeRequest request)
    {
        ArgumentNullException.ThrowIfNull(request);
        if (request.NewId is { } id)
            ModelId.Validate(id);
        return AdapterMerge.Open(Source(request.ModelId, request.Path, request.Adapter), request);
    }

    private AdapterConversion Open(AdapterConvertRequest request)
    {
        ArgumentNullException.ThrowIfNull(request);
        ModelSource source = request.BasePath is { } basePath && request.Path is { } adapter
            ? new ModelSources(registry).Of(basePath, adapter)
            : request.BasePath is { } other
                ? new ModelSources(registry).Of(other, registry.Get(request.ModelId ?? throw Unnamed()).Path)
                : Source(request.ModelId, request.Path, null);
        return AdapterConversion.Open(source, request);
    }

    private ModelSource Source(string? id, string? path, string? adapter)
    {
        if ((id is null) == (path is null))
            throw Unnamed();
        var sources = new ModelSources(registry);
        if (id is null)
            return sources.Of(path!, adapter);
        Model model = registry.Get(id);
        return sources.Of(model.Path, adapter, model.BaseModel);
    }

    // A deployment's file may hold an adapter that its model's folder does not.
    private ModelSource SourceOf(Model model, ModelDeployment deployment)
    {
        string? adapter = model.Artifacts.FirstOrDefault(a => a.Path == deployment.ArtifactPath)?.AdapterPath;
        return new ModelSources(registry).Of(model.Path, string.IsNullOrEmpty(adapter) ? null : adapter, model.BaseModel);
    }

    private Model Merged(MergePlan plan)
    {
        string id = plan.NewId ?? Path.GetFileName(plan.OutputPath);
        Model described = ModelDescription.Read(new RegisterRequest { Path = plan.OutputPath, Id = id });
        Model adapter = registry.Find(new ModelQuery()).FirstOrDefault(m => IsAt(m, plan.AdapterPath)) ?? ModelDescription.Read(new RegisterRequest { Path = plan.AdapterPath });

        // The adapter's training is the merged model's; its place, its files and where it runs are not.
        return adapter with
        {
            Id = id,
            DisplayName = id,
            BaseModel = IdOf(plan.BasePath) ?? plan.BasePath,
            Path = described.Path,
            AdapterPath = null,
            Formats = described.Formats,
            Locations = described.Locations,
            PrimaryLocation = described.PrimaryLocation,
            DeployedBackends = [],
            OllamaModelName = null,
            HalextNodeId = null,
            CreatedAt = described.CreatedAt,
            UpdatedAt = described.UpdatedAt,
            Artifacts = [],
            Deployments = [],
            Family = "",
            Aliases = [],
            Parents = [],
            Registry = "",
        };
    }

    private string? IdOf(string path) => registry.Find(new ModelQuery()).FirstOrDefault(m => IsAt(m, path))?.Id;

    private static bool IsAt(Model model, string path) => model.Path.Length > 0 && Path.GetFullPath(model.Path) == path;

    private static HafsException Unnamed() => new(ErrorKind.InvalidArgument, "ConvertWhat", "name either a registered model or a folder");
}
