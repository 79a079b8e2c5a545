using HafsModels.Registry.Training;
using Xunit;

namespace HafsModels.Tests.Registry;

/// <summary>Which runs of a folder are over, and when; time is made.</summary>
public sealed class TrainingRunsTests : IDisposable
{
    private const string Over = """{"global_step": 10, "max_steps": 10, "log_history": []}""";

    private readonly string folder = Directory.CreateTempSubdirectory("hafs runs ").FullName;
    private readonly Clock clock = new();
    private readonly TrainingRuns runs;

    public TrainingRunsTests() => runs = new TrainingRuns(folder, TimeSpan.FromSeconds(10), clock);

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Fact]
    public void A_run_is_over_once_its_files_are_quiet_and_is_told_once()
    {
        Write("a/trainer_state.json", Over);
        Assert.Empty(Look(0));
        Assert.Equal(TimeSpan.FromSeconds(10), runs.NextLook);
        Assert.Empty(Look(6));
        Write("a/model.bin", "x");
        Assert.Empty(Look(6));
        Assert.Empty(Look(9));
        Assert.Equal("a", Assert.Single(Look(1)));
        Assert.Null(runs.NextLook);
        Assert.Empty(Look(100));
        Write("a/model.bin", "more");
        Assert.Empty(Look(1));
        Assert.Equal("a", Assert.Single(Look(10)));
    }

    [Theory]
    [InlineData("""{"global_step": 9, "max_steps": 10, "log_history": [{"loss": 1.5, "step": 9}]}""", false)]
    [InlineData("""{"global_step": 9, "max_steps": 10, "log_history": [{"train_runtime": 61.5, "step": 9}]}""", true)]
    [InlineData("""{"global_step": 10, "max_steps": 10}""", true)]
    [InlineData("""{"global_step": 10, "max_steps": 0}""", false)]
    [InlineData("{}", false)]
    public void The_trainer_says_whether_it_came_to_its_end(string state, bool isOver)
    {
        Write("a/trainer_state.json", state);
        Look(0);
        Assert.Equal(isOver ? ["a"] : [], Look(10));
        Assert.Null(runs.NextLook);
    }

    [Fact]
    public void Runs_lie_in_the_folder_or_below_it_and_checkpoints_are_none()
    {
        foreach (string run in new[] { "a", "group/b", "1/2/3/4", "1/2/3/4/5", ".cache/c", "checkpoint-10", "a/checkpoint-10", "a/inner", "d/checkpoint-10" })
            Write(run + "/trainer_state.json", Over);
        Look(0);
        Assert.Equal(["1/2/3/4", "a", "group/b"], Look(10));
        Write("trainer_state.json", Over);
        Look(0);
        Assert.Equal(["."], Look(10));
    }

    [Fact]
    public void Files_that_are_not_whole_are_told_when_nobody_writes_them_any_more()
    {
        Write("a/trainer_state.json", Over[..20]);
        Write("b/trainer_state.json", Over);
        byte[] weights = File.ReadAllBytes(Repository.PathOf("tests", "models", "kjv-llama", "model.safetensors"));
        File.WriteAllBytes(Path.Combine(folder, "b", "model.safetensors"), weights[..^1]);
        Assert.Empty(runs.Look());
        clock.Advance(TimeSpan.FromSeconds(10));
        Assert.Equal([(ErrorKind.InvalidData, "a"), (ErrorKind.InvalidData, "b")], runs.Look().Select(r => (r.Error!.Kind, Path.GetFileName(r.Folder))));
        Write("a/trainer_state.json", Over);
        File.WriteAllBytes(Path.Combine(folder, "b", "model.safetensors"), weights);
        Assert.Empty(runs.Look());
        clock.Advance(TimeSpan.FromSeconds(10));
        Assert.Equal([null, null], runs.Look().Select(r => r.Error));
    }

    private string[] Look(int seconds)
    {
        clock.Advance(TimeSpan.FromSeconds(seconds));
        return [.. runs.Look().Select(r => Path.GetRelativePath(folder, r.Folder).Replace('\\', '/'))];
    }

    private void Write(string name, string text)
    {
        string file = Path.Combine(folder, name);
        Directory.CreateDirectory(Path.GetDirectoryName(file)!);
        File.WriteAllText(file, text);
    }

    private sealed class Clock : TimeProvider
    {
        private long now;

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public override long GetTimestamp() => now;

        public void Advance(TimeSpan time) => now += time.Ticks;
    }
}
