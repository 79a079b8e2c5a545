using HafsModels.PowerShell.Pipeline;
using Xunit;

namespace HafsModels.Tests.PowerShell;

public sealed class WorkPumpTests
{
    [Fact]
    public void What_work_emits_arrives_in_order_on_the_calling_thread()
    {
        var sink = new Sink();
        new WorkPump(sink, TimeProvider.System, capacity: 4).Run(
            feed =>
            {
                for (int i = 0; i < 1000; i++)
                    feed.Output(i);
                feed.Warn("careful");
                feed.Verbose("detail");
            },
            CancellationToken.None);
        Assert.Equal(Enumerable.Range(0, 1000).Cast<object>(), sink.Outputs);
        Assert.Equal(["warning careful", "verbose detail"], sink.Texts);
        Assert.Equal([Environment.CurrentManagedThreadId], sink.Threads.Distinct());
    }

    [Fact]
    public void A_slow_pipeline_slows_the_work_instead_of_filling_memory()
    {
        int emitted = 0, largestLead = 0;
        var sink = new Sink();
        sink.OnOutput = () => largestLead = Math.Max(largestLead, Volatile.Read(ref emitted) - sink.Outputs.Count);
        new WorkPump(sink, TimeProvider.System, capacity: 8).Run(
            feed =>
            {
                for (int i = 0; i < 500; i++)
                {
                    feed.Output(i);
                    Interlocked.Increment(ref emitted);
                }
            },
            CancellationToken.None);
        Assert.InRange(largestLead, 0, 10);
    }

    [Fact]
    public void An_error_of_the_work_reaches_the_caller_after_what_was_emitted_before()
    {
        var sink = new Sink();
        HafsException error = Assert.Throws<HafsException>(() => new WorkPump(sink, TimeProvider.System).Run(
            feed =>
            {
                feed.Report(new WorkProgress("Converting", "blk.0", 1, 2));
                Thread.Sleep(2 * ProgressMeter.Interval);
                feed.Output(1);
                throw new HafsException(ErrorKind.NotFound, "Gone", "gone");
            },
            CancellationToken.None));
        Assert.Equal("Gone", error.Id);
        Assert.Equal([1], sink.Outputs);
        Assert.True(sink.Bars[^1].IsCompleted, "the bar stays after a failure");
    }

    [Fact]
    public void Stopping_waits_until_the_work_has_ended()
    {
        using var stop = new CancellationTokenSource();
        bool ended = false;
        Assert.ThrowsAny<OperationCanceledException>(() => new WorkPump(new Sink(), TimeProvider.System).Run(
            feed =>
            {
                stop.Cancel();
                feed.Stop.WaitHandle.WaitOne();
                Thread.Sleep(50);
                ended = true;
            },
            stop.Token));
        Assert.True(ended);
    }

    [Fact]
    public void A_pipeline_that_takes_no_more_stops_the_work()
    {
        var sink = new Sink { OnOutput = () => throw new InvalidOperationException("enough") };
        bool stopped = false;
        Assert.Throws<InvalidOperationException>(() => new WorkPump(sink, TimeProvider.System, capacity: 1).Run(
            feed =>
            {
                try
                {
                    while (true)
                        feed.Output(0);
                }
                catch (OperationCanceledException)
                {
                    stopped = true;
                    throw;
                }
            },
            CancellationToken.None));
        Assert.True(stopped);
    }

    [Fact]
    public void Progress_is_drawn_at_most_ten_times_a_second_with_speed_and_time_left()
    {
        var clock = new Clock();
        var meter = new ProgressMeter(clock);
        var drawings = new List<ProgressDrawing>();
        for (int i = 0; i <= 1000; i++)
        {
            if (meter.Draw(new WorkProgress("Converting", "blk.0", i * 1_000_000L, 1_000_000_000)) is { } drawing)
                drawings.Add(drawing);
            clock.Advance(TimeSpan.FromMilliseconds(10));
        }

        Assert.InRange(drawings.Count, 90, 101);
        ProgressDrawing middle = drawings[50];
        Assert.Equal(50, middle.Percent);
        Assert.InRange(middle.SecondsRemaining, 4, 6);
        Assert.True(meter.Complete()!.IsCompleted);
    }

    private sealed class Clock : TimeProvider
    {
        private long now;

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public override long GetTimestamp() => now;

        public void Advance(TimeSpan time) => now += time.Ticks;
    }

    private sealed class Sink : IPipelineSink
    {
        public List<object> Outputs { get; } = [];

        public List<string> Texts { get; } = [];

        public List<int> Threads { get; } = [];

        public List<ProgressDrawing> Bars { get; } = [];

        public Action? OnOutput { get; set; }

        public void Output(object value)
        {
            Threads.Add(Environment.CurrentManagedThreadId);
            Outputs.Add(value);
            OnOutput?.Invoke();
        }

        public void Warning(string text) => Texts.Add("warning " + text);

        public void Error(Exception error, object? item) => Texts.Add("error " + error.Message);

        public void Verbose(string text) => Texts.Add("verbose " + text);

        public void Progress(ProgressDrawing drawing) => Bars.Add(drawing);
    }
}
