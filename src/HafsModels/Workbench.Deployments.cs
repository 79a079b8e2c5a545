using HafsModels.Conversion;
using HafsModels.Deployment;
using HafsModels.Deployment.Testing;
using HafsModels.Measurement;
using HafsModels.Measurement.Reports;
using HafsModels.Quantization;
using HafsModels.Registry;
using HafsModels.Transfer;

namespace HafsModels;

/// <content>Deployments: made, tested, ended.</content>
public sealed partial class Workbench
{
    /// <summary>Deploys an artifact and records the deployment after the backend confirmed it.</summary>
    public async Task<ModelDeployment> PublishAsync(PublishRequest request, IProgress<WorkProgress>? progress, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(request);
        DeploymentTarget target = DeploymentTargets.Get(request.Backend);
        Model model = registry.Get(request.ModelId);
        Artifact artifact = FindArtifact(model, request)
            ?? throw new HafsException(
                ErrorKind.NotFound,
                "ArtifactNotFound",
                $"{model.Id} has no {request.ArtifactPath ?? (request.Quantization is { } q ? q + " GGUF" : "GGUF")} artifact",
                model.Id,
                $"Convert it first: ConvertTo-Gguf {model.Id} (hafs models convert {model.Id} gguf).");
        if (!File.Exists(artifact.Path))
            throw new HafsException(ErrorKind.NotFound, "ArtifactFileMissing", $"{artifact.Path}: the recorded artifact of {model.Id} is gone", artifact.Path, "Convert the model again.");
        string name = request.Name ?? model.Id;
        var job = new PublishJob(artifact, name)
        {
            Endpoint = request.Endpoint,
            Key = request.Key,
            Force = request.Force,
            BackendQuantization = request.BackendQuantization,
            System = request.System,
            Existing = model.Deployments.FirstOrDefault(d => d.Backend == target.Name && d.Name == name),
            Server = request.Server.ConfiguredFolder is null && target.UsesSettings ? request.Server with { ConfiguredFolder = SyncSettings.Load().LlamaCpp } : request.Server,
        };
        ModelDeployment deployment = await target.PublishAsync(job, progress, cancellationToken).ConfigureAwait(false);
        try
        {
            return registry.AddDeployment(deployment, cancellationToken);
        }
        catch
        {
            // What is not recorded would run on with nobody who knows of it.
            await target.UnpublishAsync(deployment, request.Key, CancellationToken.None).ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>Deploys; converts first when the model has no artifact of the quantization yet.</summary>
    public Task<ModelDeployment> ConvertAndPublishAsync(PublishRequest request, IProgress<WorkProgress>? progress, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(request);
        return Task.Run(
            () =>
            {
                DeploymentTargets.Get(request.Backend);
                if (FindArtifact(registry.Get(request.ModelId), request) is not { } artifact || !File.Exists(artifact.Path))
                    Convert(new ConvertRequest { ModelId = request.ModelId, Quantization = request.Quantization ?? "Q4_K_M" }, progress, cancellationToken);
                return PublishAsync(request, progress, cancellationToken);
            },
            cancellationToken);
    }

    /// <summary>
    /// Tests a recorded deployment against the source checkpoint; a server of ours that has ended is started again first. A failed verdict is a
    /// result; an unreachable backend is an error. Either is written where the request wants it.
    /// </summary>
    public async Task<DeploymentTest> TestAsync(TestRequest request, IProgress<WorkProgress>? progress, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(request);
        try
        {
            Model model = registry.Get(request.ModelId);
            ModelDeployment deployment = FindDeployments(model, request.Backend, request.Name)[^1];
            DeploymentTarget target = DeploymentTargets.Get(deployment.Backend);
            var notes = new List<string>();
            if (await target.ReviveAsync(deployment, progress, cancellationToken).ConfigureAwait(false) is { } revived)
            {
                deployment = registry.AddDeployment(revived.Deployment, cancellationToken);
                notes.Add(revived.Note);
            }

            DeploymentTest test = await new DeploymentTester(model, SourceOf(model, deployment), deployment, request, progress).RunAsync(notes, cancellationToken).ConfigureAwait(false);
            registry.AddTest(test, cancellationToken);
            TestReport.Write(request, test);
            RunLog.Write(request, test.Passed ? "PASS" : "FAIL", string.Join(". ", [test.Message, .. test.Notes]), FallbackLog);
            return test;
        }
        catch (HafsException error)
        {
            TestReport.Write(request, error);
            if (error.Id != "LogNotWritten")
                RunLog.Write(request, "ERROR", error.Message, FallbackLog);
            throw;
        }
    }

    /// <summary>Asks two deployments the same prompts.</summary>
    public async Task<DeploymentComparison> CompareAsync(CompareRequest request, IProgress<WorkProgress>? progress, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(request);
        if (request.ReportPath is { } wanted)
            QuantizationReport.RequireName(wanted);
        DeploymentComparison comparison = await DeploymentComparer.RunAsync(
            Side(request.ReferenceId, request.ReferenceBackend, request.ReferenceName), Side(request.DifferenceId, request.DifferenceBackend, request.DifferenceName), request.Prompts, progress, cancellationToken).ConfigureAwait(false);
        if (request.ReportPath is { } path)
            DeploymentComparer.Chart(comparison).Write(path);
        return comparison;

        DeploymentComparer.Side Side(string id, string? backend, string? name)
        {
            Model model = registry.Get(id);
            ModelDeployment deployment = FindDeployments(model, backend, name)[^1];
            return new DeploymentComparer.Side(deployment, SourceOf(model, deployment));
        }
    }

    /// <summary>Runs a model and the GGUF files made of it on the same text: perplexity, divergence from the source, speeds.</summary>
    public IReadOnlyList<ModelMeasurement> Measure(MeasureRequest request, IProgress<WorkProgress>? progress, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(request);
        if (request.ReportPath is { } wanted)
            QuantizationReport.RequireName(wanted);
        Model model = registry.Get(request.ModelId);
        string[] wantedTypes = [.. request.Quantizations.Select(q => model.Artifacts.FirstOrDefault(a => string.Equals(a.Quantization, q, StringComparison.OrdinalIgnoreCase))?.Quantization ?? Recipes.Get(q).Name)];
        List<(string Path, string Quantization)> files = [.. model.Artifacts.Where(a => a.Format == "gguf" && a.AdapterPath.Length == 0
            && (wantedTypes.Length > 0 ? wantedTypes.Contains(a.Quantization) : request.Paths.Count == 0 && File.Exists(a.Path))).Select(a => (a.Path, a.Quantization))];
        if (Array.Find(wantedTypes, q => !files.Exists(f => f.Quantization == q)) is { } missing)
            throw new HafsException(ErrorKind.NotFound, "ArtifactNotFound", $"{model.Id} has no {missing} GGUF artifact", model.Id, $"Convert it first: ConvertTo-Gguf {model.Id} -Quantization {missing} (hafs models convert).");
        files.AddRange(request.Paths.Select(p => (Path.GetFullPath(p), Path.GetFileNameWithoutExtension(p))));
        IReadOnlyList<ModelMeasurement> measured = ModelMeasuring.Run(new ModelSources(registry).Of(model.Path, null, model.BaseModel), files, request, progress, cancellationToken);
        if (request.ReportPath is { } path)
            ModelMeasuring.Chart(measured).Write(path);
        return measured;
    }

    /// <summary>Deployments of a model that match, oldest first; at least one.</summary>
    /// <exception cref="HafsException">There is none.</exception>
    public IReadOnlyList<ModelDeployment> Deployments(UnpublishRequest request)
    {
        ArgumentNullException.ThrowIfNull(request);
        return FindDeployments(registry.Get(request.ModelId), request.Backend, request.Name);
    }

    /// <summary>Ends the deployments of a model that match, and forgets each after its backend confirmed.</summary>
    public async Task<IReadOnlyList<UnpublishResult>> UnpublishAsync(UnpublishRequest request, IProgress<WorkProgress>? progress, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(request);
        var ended = new List<UnpublishResult>();
        foreach (ModelDeployment deployment in Deployments(request))
        {
            progress?.Report(new WorkProgress($"Ending {deployment.ModelId} on {deployment.Backend}", deployment.Name, 0, 0));
            string message;
            try
            {
                message = await DeploymentTargets.Get(deployment.Backend).UnpublishAsync(deployment, request.Key, cancellationToken).ConfigureAwait(false);
            }
            catch (HafsException exception) when (request.Force)
            {
                message = $"forgotten all the same: {exception.Message}";
            }

            registry.RemoveDeployment(deployment.ModelId, deployment.Backend, deployment.Name, cancellationToken);
            ended.Add(new UnpublishResult(deployment.ModelId, deployment.Backend, deployment.Name, deployment.Endpoint, message));
        }

        return ended;
    }

    // A registry in a database has no folder.
    private string FallbackLog => Path.Combine(
        registry.Path.Contains("://", StringComparison.Ordinal) ? Environment.GetFolderPath(Environment.SpecialFolder.UserProfile) : Path.GetDirectoryName(registry.Path)!, "hafs.log");

    private static IReadOnlyList<ModelDeployment> FindDeployments(Model model, string? backend, string? name)
    {
        DeploymentTarget? target = backend is null ? null : DeploymentTargets.Get(backend);
        ModelDeployment[] found = [.. model.Deployments.Where(d => (target is null || d.Backend == target.Name) && (name is null || d.Name == name)).OrderBy(d => d.DeployedAt)];
        return found.Length > 0 ? found : throw new HafsException(
            ErrorKind.NotFound,
            "DeploymentNotFound",
            $"{model.Id} is not deployed{(target is null ? "" : " on " + target.Name)}{(name is null ? "" : " as " + name)}",
            model.Id,
            $"Deploy it first: Publish-Model {model.Id} -Backend {target?.Name ?? "Embedded"}.");
    }

    private static Artifact? FindArtifact(Model model, PublishRequest request)
    {
        string? path = request.ArtifactPath is { } given ? Path.GetFullPath(given) : null;

        // An artifact may be called other than a recipe: a mixture that was chosen to meet a size is.
        string? quantization = request.Quantization is { } name
            ? model.Artifacts.FirstOrDefault(a => string.Equals(a.Quantization, name, StringComparison.OrdinalIgnoreCase))?.Quantization ?? Recipes.Get(name).Name
            : null;
        return model.Artifacts
            .Where(a => a.Format == "gguf" && (path is null || a.Path == path) && (quantization is null || a.Quantization == quantization))
            .MaxBy(a => a.CreatedAt);
    }
}
