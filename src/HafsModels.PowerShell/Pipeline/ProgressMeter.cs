
namespace HafsModels.PowerShell.Pipeline;

/// <summary>Turns reports, however many, into at most ten drawings a second, with speed and time left. Used by one thread.</summary>
internal sealed class ProgressMeter(TimeProvider clock)
{
    /// <summary>Shortest time between two drawings.</summary>
    public static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(100);

    // Speed is measured over the last seconds: long enough to be steady, short enough to follow a slow disk.
    private static readonly TimeSpan Window = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan ShortestMeasurement = TimeSpan.FromMilliseconds(500);

    private readonly Queue<(long Timestamp, long Bytes)> samples = new();
    private WorkProgress current;
    private long? lastDrawn;

    /// <summary>The drawing that is due for the latest report, or null when the last one is too recent.</summary>
    public ProgressDrawing? Draw(WorkProgress latest)
    {
        long now = clock.GetTimestamp();
        if (lastDrawn is { } drawn && clock.GetElapsedTime(drawn, now) < Interval)
            return null;
        if (latest.Activity != current.Activity || latest.TotalBytes != current.TotalBytes || latest.CompletedBytes < current.CompletedBytes)
            samples.Clear();
        current = latest;
        lastDrawn = now;

        while (samples.Count > 1 && clock.GetElapsedTime(samples.Peek().Timestamp, now) > Window)
            samples.Dequeue();
        samples.Enqueue((now, latest.CompletedBytes));
        double rate = Rate(now, latest.CompletedBytes);
        return new ProgressDrawing(latest.Activity, Status(latest, rate), Percent(latest), SecondsRemaining(latest, rate), IsCompleted: false);
    }

    /// <summary>The drawing that takes the bar away; null when none was drawn.</summary>
    public ProgressDrawing? Complete() => lastDrawn is null
        ? null
        : new ProgressDrawing(current.Activity, "Completed", Percent(current), SecondsRemaining: 0, IsCompleted: true);

    private static int Percent(WorkProgress progress) => progress.TotalBytes <= 0
        ? -1
        : (int)((Int128)Math.Clamp(progress.CompletedBytes, 0, progress.TotalBytes) * 100 / progress.TotalBytes);

    private static int SecondsRemaining(WorkProgress progress, double rate)
    {
        long left = progress.TotalBytes - progress.CompletedBytes;
        return progress.TotalBytes <= 0 || rate <= 0 || left < 0 ? -1 : (int)Math.Min(int.MaxValue, Math.Ceiling(left / rate));
    }

    private static string Status(WorkProgress progress, double rate)
    {
        string what = string.IsNullOrEmpty(progress.Status) ? "Working" : progress.Status;
        if (progress.TotalBytes <= 0)
            return what;
        string speed = rate > 0 ? $", {HumanNumber.Bytes((long)rate)}/s" : "";
        return $"{what}: {HumanNumber.Bytes(progress.CompletedBytes)} of {HumanNumber.Bytes(progress.TotalBytes)}{speed}";
    }

    // Bytes a second; 0 until it can be told.
    private double Rate(long now, long bytes)
    {
        (long since, long bytesThen) = samples.Peek();
        TimeSpan elapsed = clock.GetElapsedTime(since, now);
        return elapsed < ShortestMeasurement ? 0 : (bytes - bytesThen) / elapsed.TotalSeconds;
    }
}
