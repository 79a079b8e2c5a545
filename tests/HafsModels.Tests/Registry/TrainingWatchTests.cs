using System.Collections.Concurrent;
using System.Diagnostics;
using HafsModels.Registry;
using HafsModels.Registry.Training;
using Xunit;

namespace HafsModels.Tests.Registry;

/// <summary>Real files that appear over time, in a folder that is watched.</summary>
public sealed class TrainingWatchTests : IDisposable
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(1);

    private readonly ScratchRegistry scratch = new();
    private readonly ConcurrentQueue<TrainingWatchEvent> events = new();
    private readonly string runs;

    public TrainingWatchTests() => runs = Directory.CreateDirectory(Path.Combine(scratch.Folder, "runs")).FullName;

    public void Dispose() => scratch.Dispose();

    [Fact]
    public async Task A_run_is_registered_and_converted_when_it_ends_and_not_before_and_not_twice()
    {
        var workbench = new Workbench(scratch.Path);
        using var stop = new CancellationTokenSource();
        Task watch = workbench.WatchAsync(Request(ConvertTo: "q8_0"), events.Enqueue, null, stop.Token);

        string run = Path.Combine(runs, "kjv"), state = File.ReadAllText(Source("trainer_state.json"));
        Directory.CreateDirectory(run);
        File.WriteAllText(Path.Combine(run, "trainer_state.json"), state[..^20]);
        foreach (string file in Directory.GetFiles(Source("")).Where(f => Path.GetFileName(f) != "trainer_state.json"))
        {
            File.Copy(file, Path.Combine(run, Path.GetFileName(file)));
            await Task.Delay(100);
        }

        Assert.Empty(workbench.Find(new ModelQuery()));
        File.WriteAllText(Path.Combine(run, "trainer_state.json"), state);
        await Until(() => events.Any(e => e.Artifact is not null));
        TrainingWatchEvent[] happened = [.. events.Where(e => e.Error is null)];
        Assert.Equal(("kjv", "asm", run), (happened[0].Model!.Id, happened[0].Model!.Role, happened[0].Folder));
        Assert.Equal("Q8_0", happened[1].Artifact!.Quantization);
        Assert.True(happened[1].Artifact!.Fidelity!.Top1Agreement > 0.9);
        Assert.Equal(2, happened.Length);

        long start = Stopwatch.GetTimestamp();
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => watch);
        Assert.InRange(Stopwatch.GetElapsedTime(start).TotalSeconds, 0, 5);

        // Another watch finds nothing to do, but for a file that is gone.
        events.Clear();
        await workbench.WatchAsync(Request(ConvertTo: "Q8_0", once: true), events.Enqueue, null, default);
        Assert.Empty(events);
        File.Delete(happened[1].Artifact!.Path);
        await workbench.WatchAsync(Request(ConvertTo: "Q8_0", once: true), events.Enqueue, null, default);
        Assert.Equal("kjv", Assert.Single(events).Artifact!.ModelId);
        Assert.Single(workbench.Find(new ModelQuery()));
    }

    [Fact]
    public async Task What_cannot_be_registered_is_told_and_the_others_are_registered()
    {
        var workbench = new Workbench(scratch.Path);
        workbench.Registry.Add(new Model { Id = "taken", Path = "/elsewhere" }, force: false, default);
        Copy("taken");
        Copy("good");
        File.WriteAllText(Path.Combine(Directory.CreateDirectory(Path.Combine(runs, "empty")).FullName, "trainer_state.json"), """{"global_step": 1, "max_steps": 1}""");
        await workbench.WatchAsync(Request(once: true), events.Enqueue, null, default);
        Assert.Equal(["FolderHoldsNoModel", "good", "ModelExists"], events.OrderBy(e => e.Folder, StringComparer.Ordinal).Select(e => e.Model?.Id ?? e.Error!.Id));
        Assert.Equal("WatchFolderNotFound", (await Assert.ThrowsAsync<HafsException>(() => workbench.WatchAsync(Request() with { Folder = runs + "/no" }, events.Enqueue, null, default))).Id);
        Assert.Equal(ErrorKind.InvalidArgument, (await Assert.ThrowsAsync<HafsException>(() => workbench.WatchAsync(Request(ConvertTo: "Q9"), events.Enqueue, null, default))).Kind);
    }

    private TrainingWatchRequest Request(string? ConvertTo = null, bool once = false) => new()
    {
        Folder = runs,
        Record = new RegisterRequest { Path = "", Role = "asm" },
        ConvertTo = ConvertTo is null ? [] : [ConvertTo],
        Quiet = TimeSpan.FromMilliseconds(700),
        Once = once,
    };

    private void Copy(string name)
    {
        string run = Directory.CreateDirectory(Path.Combine(runs, name)).FullName;
        foreach (string file in Directory.GetFiles(Source("")))
            File.Copy(file, Path.Combine(run, Path.GetFileName(file)));
    }

    private static string Source(string file) => Repository.PathOf("tests", "models", "kjv-llama", file);

    private static async Task Until(Func<bool> condition)
    {
        for (long start = Stopwatch.GetTimestamp(); !condition(); await Task.Delay(50))
            Assert.True(Stopwatch.GetElapsedTime(start) < Limit, "It did not happen in time.");
    }
}
