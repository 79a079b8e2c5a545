using HafsModels.Conversion;
using HafsModels.Quantization;
using HafsModels.Registry;
using HafsModels.Registry.Training;

namespace HafsModels;

/// <content>Training runs that are registered when they end.</content>
public sealed partial class Workbench
{
    // A run writes many files at once: one look for all of them.
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(500);

    /// <summary>
    /// Registers each training run of a folder when it ends, those that have ended already too, and converts it where that is asked for. Runs that
    /// are registered are not registered again; what an earlier watch did not come to convert is converted.
    /// </summary>
    /// <param name="request">What to watch.</param>
    /// <param name="report">Told what happened, one after the other.</param>
    /// <param name="progress">Told how far a conversion is.</param>
    /// <param name="cancellationToken">Ends the watch; a conversion that is going on leaves nothing.</param>
    /// <exception cref="OperationCanceledException">The watch was ended.</exception>
    /// <exception cref="HafsException">The folder is not there, or a quantization has no such name.</exception>
    public async Task WatchAsync(TrainingWatchRequest request, Action<TrainingWatchEvent> report, IProgress<WorkProgress>? progress, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(request);
        ArgumentNullException.ThrowIfNull(report);
        string folder = Path.TrimEndingDirectorySeparator(Path.GetFullPath(request.Folder));
        if (!Directory.Exists(folder))
            throw new HafsException(ErrorKind.NotFound, "WatchFolderNotFound", $"{folder} is not a folder", folder);
        string[] quantizations = [.. request.ConvertTo.Select(q => Recipes.Get(q).Name).Distinct()];
        var runs = new TrainingRuns(folder, request.Quiet, TimeProvider.System);
        using var changed = new SemaphoreSlim(0, 1);
        using FileSystemWatcher? notices = Notices(folder, changed);
        while (true)
        {
            foreach (TrainingRun run in await Task.Run(runs.Look, cancellationToken))
                await Task.Run(() => Treat(run, request.Record, quantizations, report, progress, cancellationToken), cancellationToken);
            if (request.Once && runs.NextLook is null)
                return;
            TimeSpan wait = runs.NextLook is { } next && next < request.Interval ? next : request.Interval;
            await Task.Delay(wait < Pause ? wait : Pause, cancellationToken);
            if (wait > Pause)
                await changed.WaitAsync(wait - Pause, cancellationToken);
        }
    }

    private void Treat(TrainingRun run, RegisterRequest record, string[] quantizations, Action<TrainingWatchEvent> report, IProgress<WorkProgress>? progress, CancellationToken cancellationToken)
    {
        try
        {
            Model? model = registry.Find(new ModelQuery()).FirstOrDefault(m => LiesAt(m, run.Folder));
            if (model is null)
            {
                if (run.Error is not null)
                    throw run.Error;
                model = Register(record with { Path = run.Folder, Id = null, Force = false }, cancellationToken);
                report(new TrainingWatchEvent { Folder = run.Folder, Model = model });
            }

            foreach (string quantization in quantizations.Where(q => !model.Artifacts.Any(a => a.Quantization == q && File.Exists(a.Path))))
                report(new TrainingWatchEvent { Folder = run.Folder, Artifact = Convert(new ConvertRequest { ModelId = model.Id, Quantization = quantization }, progress, cancellationToken) });
        }
        catch (HafsException error)
        {
            report(new TrainingWatchEvent { Folder = run.Folder, Error = error });
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            report(new TrainingWatchEvent { Folder = run.Folder, Error = new HafsException(ErrorKind.ResourceExhausted, "InputOutputFailed", $"{run.Folder}: {error.Message}", run.Folder, inner: error) });
        }
    }

    private static bool LiesAt(Model model, string folder)
    {
        StringComparison comparison = OperatingSystem.IsWindows() || OperatingSystem.IsMacOS() ? StringComparison.OrdinalIgnoreCase : StringComparison.Ordinal;
        return model.Locations.Values.Append(model.Path).Any(path => Path.IsPathFullyQualified(path) && Path.TrimEndingDirectorySeparator(Path.GetFullPath(path)).Equals(folder, comparison));
    }

    // File systems of other machines tell nothing, and a system has only so many notices to give: then looking now and then must do.
    private static FileSystemWatcher? Notices(string folder, SemaphoreSlim changed)
    {
        FileSystemWatcher? notices = null;
        try
        {
            notices = new FileSystemWatcher(folder) { IncludeSubdirectories = true, NotifyFilter = NotifyFilters.FileName | NotifyFilters.DirectoryName | NotifyFilters.LastWrite | NotifyFilters.Size };
            notices.Changed += (_, _) => Wake();
            notices.Created += (_, _) => Wake();
            notices.Renamed += (_, _) => Wake();
            notices.Error += (_, _) => Wake();
            notices.EnableRaisingEvents = true;
            return notices;
        }
        catch (Exception e) when (e is IOException or ArgumentException or PlatformNotSupportedException)
        {
            notices?.Dispose();
            return null;
        }

        void Wake()
        {
            try
            {
                changed.Release();
            }
            catch (SemaphoreFullException)
            {
                // It is awake.
            }
            catch (ObjectDisposedException)
            {
                // The watch has ended.
            }
        }
    }
}
