using HafsModels.Architectures;
using HafsModels.Conversion;
using HafsModels.Exports;
using HafsModels.Exports.Verification;
using HafsModels.Registry;

namespace HafsModels;

/// <content>Exports: folders that other programs load.</content>
public sealed partial class Workbench
{
    /// <summary>What an export would write, exactly, one a format; reads headers only.</summary>
    public IReadOnlyList<PlannedExport> PlanExport(ExportRequest request)
    {
        using ExportJob job = Open(request);
        return [.. job.Parts.Select(p => new PlannedExport(
            job.Source.Name, p.Format.Name, p.OutputPath, [.. p.Files.Select(f => KeyValuePair.Create(f.Name, f.SizeBytes))], p.SizeBytes, p.State, p.Warnings))];
    }

    /// <summary>Exports a model in several formats, looks into what was written, and records it when the model is registered. What is unchanged is not written again.</summary>
    /// <returns>One result a format; that an export is not as it must be is a result, and then it is not there.</returns>
    public IReadOnlyList<ExportResult> Export(ExportRequest request, IProgress<WorkProgress>? progress, CancellationToken cancellationToken)
    {
        using ExportJob job = Open(request);
        IReadOnlyList<ExportResult> results = new ExportRun(job, progress, cancellationToken).Execute();
        if (job.Request.Record is not null)
        {
            foreach (Artifact artifact in results.SelectMany(r => r.Recorded))
                registry.AddArtifact(artifact, cancellationToken);

            // What an export held before it was replaced is gone.
            string[] folders = [.. results.Where(r => r is { Success: true, Skipped: false }).Select(r => r.OutputPath + Path.DirectorySeparatorChar)];
            foreach (Artifact gone in registry.Get(job.Request.Record.Id).Artifacts.Where(a => folders.Any(f => a.Path.StartsWith(f, StringComparison.Ordinal)) && !File.Exists(a.Path)))
                registry.RemoveArtifact(gone.ModelId, gone.Path, cancellationToken);
        }

        return results;
    }

    /// <summary>Looks into the folder of an export: files, weights, tokenizer, settings, and whether the model runs.</summary>
    public static ExportVerification TestExport(string path, ExportTestOptions options, IProgress<WorkProgress>? progress, CancellationToken cancellationToken) =>
        ExportTester.Test(path, options, progress, cancellationToken);

    private ExportJob Open(ExportRequest request)
    {
        ArgumentNullException.ThrowIfNull(request);
        foreach (string format in request.Formats)
            ExportFormats.Get(format);
        Model? model = request.ModelId is { } id ? registry.Get(id) : null;
        ModelSource source = Source(request.ModelId, request.Path, request.Adapter);
        ConvertRequest told = Told(new ConvertRequest { ModelId = model?.Id, Path = request.Path, Adapter = request.Adapter, License = request.License }, source);
        return ExportJob.Open(request with { Record = model, Conversion = told, License = told.License }, source);
    }
}
