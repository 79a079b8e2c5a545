using System.Collections.Concurrent;

namespace HafsModels.PowerShell.Pipeline;

/// <summary>
/// Runs work on a thread of its own and hands what it emits to the calling thread, in order. PowerShell lets only the pipeline thread write;
/// the core works on many threads. The queue is bounded, so a slow pipeline slows the work down instead of filling memory.
/// </summary>
internal sealed class WorkPump(IPipelineSink sink, TimeProvider clock, int capacity = 64)
{
    /// <summary>Runs <paramref name="work"/> to its end; returns when its thread has ended, whatever happened.</summary>
    /// <exception cref="OperationCanceledException"><paramref name="stop"/> was cancelled and the work has stopped.</exception>
    public void Run(Action<WorkFeed> work, CancellationToken stop)
    {
        using var stopWork = CancellationTokenSource.CreateLinkedTokenSource(stop);
        using var emissions = new BlockingCollection<Action<IPipelineSink>>(capacity);
        var feed = new WorkFeed(emissions, stopWork.Token);
        Task worker = Task.Factory.StartNew(
            () =>
            {
                try
                {
                    work(feed);
                }
                finally
                {
                    emissions.CompleteAdding();
                }
            },
            CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);

        var meter = new ProgressMeter(clock);
        try
        {
            Deliver(emissions, feed, meter, stop);
        }
        catch
        {
            // The pipeline takes no more (Select-Object -First, a failing Write). Nobody waits for room in the queue any longer:
            // adding throws once the token is cancelled.
            stopWork.Cancel();
            Await(worker);
            throw;
        }

        // A stopped pipeline refuses every write; after a failure the bar must go away as well.
        if (!stop.IsCancellationRequested && meter.Complete() is { } last)
            sink.Progress(last);
        worker.GetAwaiter().GetResult();
        stop.ThrowIfCancellationRequested();
    }

    // The outcome of work that nobody wants any more does not matter; that it has ended does.
    private static void Await(Task worker) => ((IAsyncResult)worker).AsyncWaitHandle.WaitOne();

    private void Deliver(BlockingCollection<Action<IPipelineSink>> emissions, WorkFeed feed, ProgressMeter meter, CancellationToken stop)
    {
        while (!emissions.IsCompleted)
        {
            bool emitted = emissions.TryTake(out Action<IPipelineSink>? emission, ProgressMeter.Interval);
            if (stop.IsCancellationRequested)
                continue; // A stopped pipeline refuses every write: drop, until the work has ended.
            if (feed.Latest() is { } progress && meter.Draw(progress) is { } drawing)
                sink.Progress(drawing);
            if (emitted)
                emission!(sink);
        }
    }
}
