using System.Security.Cryptography;

namespace HafsModels.Exports.Verification;

/// <summary>Looks into exports: whether all files are there, unchanged, fit together, and run.</summary>
public static class ExportTester
{
    /// <summary>Looks into the folder of an export. That something is wrong is a result, no error.</summary>
    /// <param name="path">The folder.</param>
    /// <param name="options">How to look.</param>
    /// <param name="progress">Told what is being looked at.</param>
    /// <param name="cancellationToken">Stops the work.</param>
    /// <exception cref="HafsException">There is no such folder, or it shows no format.</exception>
    public static ExportVerification Test(string path, ExportTestOptions options, IProgress<WorkProgress>? progress, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(options);
        path = Path.TrimEndingDirectorySeparator(Path.GetFullPath(path));
        if (!Directory.Exists(path))
            throw new HafsException(ErrorKind.NotFound, "ExportNotFound", $"{path}: there is no such folder", path);
        ExportManifest? manifest = ExportManifest.TryRead(path);
        return Test(path, FormatOf(path, options, manifest), manifest, options, fresh: null, progress, cancellationToken);
    }

    /// <summary>The same, of an export that was written just now where <paramref name="fresh"/> is given: its hashes hold, and what was run already by its hash is not run again.</summary>
    internal static ExportVerification Test(
        string path, ExportFormat format, ExportManifest? manifest, ExportTestOptions options, Dictionary<string, ExportRunOutcome>? fresh, IProgress<WorkProgress>? progress, CancellationToken cancellationToken)
    {
        using var export = new ExportContents(path, format, options, manifest?.Notes ?? [], cancellationToken)
        {
            Runs = fresh ?? [],
            HashOf = name => fresh is null ? null : manifest?.Files.GetValueOrDefault(name)?.Sha256,
        };
        string[] missing = [.. format.Required.Where(r => !export.Files.Any(r.Matches)).Select(r => r.Pattern)];
        var checks = new List<ExportCheck>();
        if (missing.Length == 0)
        {
            if (manifest is not null && fresh is null)
                checks.Add(Look("files", () => Unchanged(export, manifest)));
            foreach (ExportRule rule in format.Rules.Where(r => (!r.Runs || !options.SkipRun) && r.When(options)))
            {
                cancellationToken.ThrowIfCancellationRequested();
                progress?.Report(new WorkProgress($"Testing {Path.GetFileName(path)}", rule.Name, 0, 0));
                checks.Add(Look(rule.Name, () => rule.Look(export)));
            }
        }

        return new ExportVerification
        {
            Path = path,
            Format = format.Name,
            FoundFiles = export.Files,
            MissingRequiredFiles = missing,
            HasModelWeights = export.Files.Any(f => format.Required.Any(r => r.HoldsWeights && r.Matches(f))),
            SizeBytes = export.Files.Sum(f => new FileInfo(export.PathOf(f)).Length),
            Checks = checks,
            SamplePrompt = export.Sample.Prompt,
            SampleOutput = export.Sample.Output,
            Runtime = export.Runtime,
            Browser = export.Browser,
        };
    }

    private static ExportCheck Look(string name, Func<string> look)
    {
        try
        {
            return new ExportCheck(name, true, look());
        }
        catch (HafsException exception)
        {
            return new ExportCheck(name, false, exception.Message);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return new ExportCheck(name, false, exception.Message);
        }
    }

    private static string Unchanged(ExportContents export, ExportManifest manifest)
    {
        foreach ((string name, ExportManifest.Entry file) in manifest.Files)
        {
            string path = export.PathOf(name);
            if (!File.Exists(path))
                throw Changed(name, "is gone");
            using FileStream stream = File.OpenRead(path);
            if (stream.Length != file.SizeBytes)
                throw Changed(name, $"has {stream.Length:N0} bytes and had {file.SizeBytes:N0} when it was exported");
            export.Stop.ThrowIfCancellationRequested();
            if (Convert.ToHexStringLower(SHA256.HashData(stream)) != file.Sha256)
                throw Changed(name, "has other contents than when it was exported");
        }

        return $"{manifest.Files.Count} files are as they were exported";
    }

    private static HafsException Changed(string name, string what) => new(ErrorKind.InvalidData, "ExportChanged", $"{name}: {what}", name);

    // What the folder says of itself, else the format of which it has all files; of several, the one that has most.
    private static ExportFormat FormatOf(string path, ExportTestOptions options, ExportManifest? manifest)
    {
        if ((options.Format ?? manifest?.Format) is { } named)
            return ExportFormats.Get(named);
        string[] files = [.. Directory.EnumerateFiles(path, "*", SearchOption.AllDirectories).Select(f => Path.GetRelativePath(path, f).Replace('\\', '/'))];
        ExportFormat best = ExportFormats.All.OrderByDescending(f => f.Required.All(r => files.Any(r.Matches))).ThenByDescending(f => f.Required.Count(r => files.Any(r.Matches))).First();
        return best.Required.Any(r => files.Any(r.Matches)) ? best : throw new HafsException(
            ErrorKind.InvalidData, "ExportFormatUnclear", $"{path}: no file of any format of exports lies here ({string.Join(", ", ExportFormats.All.Select(f => f.Name))})", path, "Name the format, and the folder of one export.");
    }
}
