namespace HafsModels.Inference;

/// <summary>
/// A few threads that share loops. A decoded token is some hundred loops of tens of microseconds each: workers therefore spin for a moment
/// after each before they sleep, and the caller never waits for a worker that has not begun (it does the work itself).
/// One loop runs at a time; concurrent callers take turns.
/// </summary>
internal sealed class WorkerTeam : IDisposable
{
    private const int SpinRounds = 100;
    private const int SpinsPerRound = 50;

    private readonly Lock turn = new();
    private readonly SemaphoreSlim wake = new(0);
    private volatile Loop? current;
    private volatile bool stopped;
    private int sleepers;

    /// <summary>Creates a team.</summary>
    /// <param name="threads">Threads in all, the caller's among them; 0 for one a processor.</param>
    public WorkerTeam(int threads)
    {
        Threads = threads > 0 ? threads : Environment.ProcessorCount;
        for (int i = 1; i < Threads; i++)
            new Thread(Work) { IsBackground = true, Name = "HafsModels decoder" }.Start();
    }

    /// <summary>Threads in all, the caller's among them.</summary>
    public int Threads { get; }

    /// <summary>Runs <paramref name="body"/> over [0, <paramref name="count"/>) in pieces, on all threads, and returns when all are done.</summary>
    /// <param name="count">Number of items.</param>
    /// <param name="grain">Items of a piece.</param>
    /// <param name="body">Takes the first item and the one after the last; pieces run in any order and at once.</param>
    public void Run(int count, int grain, Action<int, int> body)
    {
        if (Threads == 1 || count <= grain)
        {
            if (count > 0)
                body(0, count);
            return;
        }

        lock (turn)
        {
            ObjectDisposedException.ThrowIf(stopped, this);
            var loop = new Loop(count, grain, body);
            current = loop;
            int asleep = Volatile.Read(ref sleepers);
            if (asleep > 0)
                wake.Release(asleep);
            loop.TakePieces();
            current = null;
            SpinWait spinner = default;
            while (loop.IsBusy)
                spinner.SpinOnce(sleep1Threshold: -1);
            loop.ThrowIfFailed();
        }
    }

    /// <summary>Ends the threads.</summary>
    public void Dispose()
    {
        lock (turn)
        {
            if (stopped)
                return;
            stopped = true;
            wake.Release(Threads);
        }
    }

    private void Work()
    {
        Loop? last = null;
        while (!stopped)
        {
            Loop? loop = Await(last);
            if (loop is null)
                continue;
            loop.TakePieces();
            last = loop;
        }
    }

    private Loop? Await(Loop? last)
    {
        for (int round = 0; round < SpinRounds; round++)
        {
            if (stopped)
                return null;
            if (current is { } loop && loop != last)
                return loop;
            Thread.SpinWait(SpinsPerRound);
        }

        // A loop posted between the last look and the count of sleepers would be missed: hence the second look.
        Interlocked.Increment(ref sleepers);
        if ((current is null || current == last) && !stopped)
            wake.Wait();
        Interlocked.Decrement(ref sleepers);
        return current is { } found && found != last ? found : null;
    }

    private sealed class Loop(int count, int grain, Action<int, int> body)
    {
        private int next;
        private int active;
        private Exception? failure;

        public bool IsBusy => Volatile.Read(ref active) != 0;

        public void TakePieces()
        {
            Interlocked.Increment(ref active);
            try
            {
                while (true)
                {
                    int first = Interlocked.Add(ref next, grain) - grain;
                    if (first >= count || first < 0)
                        return;
                    body(first, Math.Min(count, first + grain));
                }
            }
#pragma warning disable CA1031 // Whatever a piece throws is thrown again on the caller's thread.
            catch (Exception exception)
#pragma warning restore CA1031
            {
                failure ??= exception;
                Volatile.Write(ref next, count);
            }
            finally
            {
                Interlocked.Decrement(ref active);
            }
        }

        public void ThrowIfFailed()
        {
            if (failure is not null)
                System.Runtime.ExceptionServices.ExceptionDispatchInfo.Throw(failure);
        }
    }
}
