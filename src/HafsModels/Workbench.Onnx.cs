using HafsModels.Conversion.Onnx;
using HafsModels.Inference;
using HafsModels.Inference.Onnx;
using HafsModels.Registry;

namespace HafsModels;

/// <content>ONNX exports.</content>
public sealed partial class Workbench
{
    /// <summary>What an ONNX export would write, exactly; reads headers only.</summary>
    public OnnxPlan PlanOnnx(OnnxRequest request)
    {
        using OnnxJob job = Open(request);
        return job.Summary;
    }

    /// <summary>Exports a model as ONNX, runs it beside its source where ONNX Runtime is installed, and records the artifacts when the model is registered.</summary>
    /// <param name="request">What to export, and how.</param>
    /// <param name="warn">Told what writing showed, such as weights beyond half precision; or null.</param>
    /// <param name="progress">Told how far it is.</param>
    /// <param name="cancellationToken">Stops the work and removes what was written.</param>
    /// <returns>An artifact for each type; its path is the graph, its size that of graph and external data.</returns>
    public IReadOnlyList<Artifact> ConvertToOnnx(OnnxRequest request, Action<string>? warn, IProgress<WorkProgress>? progress, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(request);
        using OnnxJob job = Open(request);
        OnnxPlan plan = job.Summary;
        if (plan.OutputExists && !request.Force)
        {
            string existing = plan.Models.First(m => File.Exists(m.Path)).Path;
            throw new HafsException(ErrorKind.AlreadyExists, "OutputExists", $"{existing} exists already", existing, "Pass -Force (--force) to replace it, or name another output.");
        }

        IReadOnlyDictionary<string, string> hashes = job.Run(request.Threads, progress, cancellationToken);
        foreach (string finding in job.Findings)
            warn?.Invoke(finding);
        Dictionary<string, OnnxVerification> verified = [];
        string note = request.SkipVerification ? "" : Verify(job, request, verified, progress, cancellationToken);
        var artifacts = new List<Artifact>();
        foreach (OnnxPlannedModel model in plan.Models)
        {
            var artifact = new Artifact
            {
                ModelId = request.ModelId ?? job.Name,
                Path = model.Path,
                Format = "onnx",
                Quantization = model.DataType,
                AdapterPath = request.Adapter is null ? "" : job.Source.AdapterPath!,
                SizeBytes = model.Bytes,
                Sha256 = hashes[model.Path],
                CreatedAt = DateTimeOffset.UtcNow,
                BitsPerWeight = model.BitsPerWeight,
                Fidelity = verified.GetValueOrDefault(model.DataType)?.Fidelity,
            };
            artifacts.Add((request.ModelId is null ? artifact : registry.AddArtifact(artifact, cancellationToken)) with { VerificationNote = note });
        }

        return artifacts;
    }

    /// <summary>Runs an ONNX model beside what it was made of.</summary>
    /// <param name="source">Folder of the checkpoint.</param>
    /// <param name="path">The graph.</param>
    /// <param name="provider">A name in <see cref="OnnxProvider.All"/>.</param>
    /// <param name="options">On what, and how much.</param>
    /// <param name="cancellationToken">Ends the work.</param>
    /// <exception cref="HafsException">ONNX Runtime is not installed, or one of the two cannot be run.</exception>
    public OnnxVerification VerifyOnnx(string source, string path, string provider, FidelityOptions options, CancellationToken cancellationToken)
    {
        using OnnxRuntimeLibrary library = OnnxRuntimeLibrary.Load();
        return OnnxMeasurement.Measure(library, new ModelSources(registry).Of(source), path, provider, options, cancellationToken);
    }

    // Nothing is claimed that did not run: without the library, the artifact says so.
    private static string Verify(OnnxJob job, OnnxRequest request, Dictionary<string, OnnxVerification> verified, IProgress<WorkProgress>? progress, CancellationToken cancellationToken)
    {
        if (OnnxRuntimeLibrary.Find() is not { } path)
            return $"not verified by running: ONNX Runtime is not installed ({OnnxRuntimeLibrary.Variable} names its library)";
        using OnnxRuntimeLibrary library = OnnxRuntimeLibrary.Load(path);
        var options = new FidelityOptions { Threads = request.Threads };
        using TextGenerator source = TextGenerator.Open(job.Source, request.Threads, cancellationToken);
        foreach (OnnxPlannedModel model in job.Summary.Models)
        {
            progress?.Report(new WorkProgress($"Verifying {Path.GetFileName(model.Path)}", $"running source and result on the same tokens in ONNX Runtime {library.Version}", 0, 0));
            verified[model.DataType] = OnnxMeasurement.Measure(library, source, model.Path, "Cpu", options, cancellationToken);
        }

        return "";
    }

    private OnnxJob Open(OnnxRequest request)
    {
        ArgumentNullException.ThrowIfNull(request);
        return OnnxJob.Open(request, Source(request.ModelId, request.Path, request.Adapter));
    }
}
