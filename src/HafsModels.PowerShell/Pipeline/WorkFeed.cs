using System.Collections.Concurrent;

namespace HafsModels.PowerShell.Pipeline;

/// <summary>
/// What work sees of the pipeline: a place for results, and the token that says stop. May be used by any number of threads; results of one
/// thread keep their order. Emitting waits while the pipeline is slower, and throws once the work should stop.
/// </summary>
internal sealed class WorkFeed : IProgress<WorkProgress>
{
    private readonly BlockingCollection<Action<IPipelineSink>> emissions;
    private readonly Lock progressLock = new();
    private WorkProgress? latest;

    internal WorkFeed(BlockingCollection<Action<IPipelineSink>> emissions, CancellationToken stop)
    {
        this.emissions = emissions;
        Stop = stop;
    }

    /// <summary>Cancelled on Ctrl+C, and when the pipeline takes no more.</summary>
    public CancellationToken Stop { get; }

    /// <summary>Emits one result.</summary>
    public void Output(object value) => emissions.Add(sink => sink.Output(value), Stop);

    /// <summary>Emits a warning.</summary>
    public void Warn(string text) => emissions.Add(sink => sink.Warning(text), Stop);

    /// <summary>Emits an error that does not end the work.</summary>
    public void Error(Exception error, object? item) => emissions.Add(sink => sink.Error(error, item), Stop);

    /// <summary>Emits detail.</summary>
    public void Verbose(string text) => emissions.Add(sink => sink.Verbose(text), Stop);

    /// <summary>Notes how far the work is. Never waits: the pump draws the latest state when it is time to.</summary>
    public void Report(WorkProgress value)
    {
        lock (progressLock)
        {
            // Workers report out of order; a bar that jumps back would lie.
            if (latest is { } was && was.Activity == value.Activity && was.TotalBytes == value.TotalBytes && was.CompletedBytes > value.CompletedBytes)
                value = value with { CompletedBytes = was.CompletedBytes };
            latest = value;
        }
    }

    /// <summary>The latest report, or null before the first.</summary>
    internal WorkProgress? Latest()
    {
        lock (progressLock)
            return latest;
    }
}
