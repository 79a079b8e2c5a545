using HafsModels.Formats.SafeTensors;

namespace HafsModels.Registry.Training;

/// <summary>
/// The training runs in a folder: it itself, or folders below it, that hold a <c>trainer_state.json</c>. Folders named <c>checkpoint-…</c> are steps on the
/// way of a run, and what lies in a run belongs to it. A run is over when its state says so and no file of it has changed for a while.
/// </summary>
/// <param name="folder">Where to look.</param>
/// <param name="quiet">How long no file may have changed.</param>
/// <param name="clock">Measures that time.</param>
internal sealed class TrainingRuns(string folder, TimeSpan quiet, TimeProvider clock)
{
    private const string StateFile = "trainer_state.json";
    private const string CheckpointPrefix = "checkpoint-";
    private const int MostDepth = 4;

    private readonly Dictionary<string, Sight> sights = new(StringComparer.Ordinal);

    private readonly record struct Stamp(int Files, long Bytes, DateTime Newest);

    private sealed record Sight(Stamp Stamp, long Since, bool IsJudged);

    /// <summary>How long until a run may turn out to be over, should nothing change; null when there is none to wait for.</summary>
    public TimeSpan? NextLook => sights.Values.Where(s => !s.IsJudged).Select(s => (TimeSpan?)Left(s)).Min();

    /// <summary>Runs that have come to their end since the last look, in the order of their folders. Each is told once, and again when its files change.</summary>
    public IReadOnlyList<TrainingRun> Look()
    {
        List<TrainingRun> over = [];
        string[] runs = [.. Find(folder, MostDepth).Order(StringComparer.Ordinal)];
        foreach (string gone in sights.Keys.Except(runs).ToArray())
            sights.Remove(gone);
        foreach (string run in runs)
        {
            if (StampOf(run) is not { } stamp)
                continue;
            if (!sights.TryGetValue(run, out Sight? seen) || seen.Stamp != stamp)
                sights[run] = seen = new Sight(stamp, clock.GetTimestamp(), false);
            if (seen.IsJudged || Left(seen) > TimeSpan.Zero)
                continue;
            sights[run] = seen with { IsJudged = true };
            if (Judge(run) is { } finished)
                over.Add(finished);
        }

        return over;
    }

    private TimeSpan Left(Sight sight) => quiet - clock.GetElapsedTime(sight.Since) is var left && left > TimeSpan.Zero ? left : TimeSpan.Zero;

    private static TrainingRun? Judge(string run)
    {
        try
        {
            if (!TrainerState.Read(run).IsFinished)
                return null;

            // A file that is not all there yet says in its header how long it must be.
            foreach (string weights in Directory.EnumerateFiles(run, "*.safetensors"))
                SafeTensorsFile.OpenFile(weights).Dispose();
            return new TrainingRun(run, null);
        }
        catch (HafsException e)
        {
            return new TrainingRun(run, e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return new TrainingRun(run, new HafsException(ErrorKind.PermissionDenied, "RunUnreadable", $"{run}: {e.Message}", run, inner: e));
        }
    }

    private static IEnumerable<string> Find(string folder, int depth)
    {
        if (File.Exists(Path.Combine(folder, StateFile)))
            return [folder];
        if (depth == 0)
            return [];
        try
        {
            return [.. Directory.EnumerateDirectories(folder)
                .Where(d => Path.GetFileName(d) is var name && !name.StartsWith(CheckpointPrefix, StringComparison.Ordinal) && !name.StartsWith('.'))
                .SelectMany(d => Find(d, depth - 1))];
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // It went away, or is nobody's business.
            return [];
        }
    }

    private static Stamp? StampOf(string run)
    {
        try
        {
            FileInfo[] files = new DirectoryInfo(run).GetFiles();
            return new Stamp(files.Length, files.Sum(f => f.Length), files.Max(f => f.LastWriteTimeUtc));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or InvalidOperationException)
        {
            // A file went away between listing and looking: the next look will see.
            return null;
        }
    }
}
