using System.Diagnostics;
using System.Globalization;
using HafsModels.Registry;
using Xunit;

namespace HafsModels.Tests.Registry;

public sealed class RegistryProcessTests
{
    private const int Processes = 20;
    private static readonly int UpdatesEach = int.Parse(Environment.GetEnvironmentVariable("HAFS_TEST_UPDATES") ?? "50", CultureInfo.InvariantCulture);

    [Fact]
    public async Task Twenty_processes_that_update_at_once_lose_nothing_and_the_file_is_valid_throughout()
    {
        using var scratch = new ScratchRegistry();
        scratch.Registry.Add(new Model { Id = "shared" }, false, default);
        Process[] writers = [.. Enumerable.Range(0, Processes).Select(i => Start(scratch.Path, i, UpdatesEach))];
        Task finished = Task.WhenAll(writers.Select(w => w.WaitForExitAsync()));
        int reads = 0;
        while (!finished.IsCompleted)
        {
            Assert.Null(HafsLoader.Load(File.ReadAllBytes(scratch.Path)).Failure);
            Assert.InRange(scratch.Registry.Get("shared").TrainSamples, 0, Processes * UpdatesEach);
            reads++;
            await Task.Delay(5);
        }

        Assert.All(writers, w => Assert.Equal(0, w.ExitCode));
        Assert.True(reads > 10);
        Assert.Equal(Processes * UpdatesEach, scratch.Registry.Get("shared").TrainSamples);
        Assert.Equal(1 + (Processes * 5), scratch.Registry.Find(new ModelQuery()).Count);
        Assert.Equal(Processes * 5, scratch.Registry.Find(new ModelQuery { Backend = "Embedded" }).Count(m => m.Deployments.Count == 1));
        Assert.InRange(scratch.Backups.Count(b => !b.Contains(".hafsmodels.", StringComparison.Ordinal)), 1, 24);
        Assert.DoesNotContain(Directory.EnumerateFiles(scratch.Folder, "*", SearchOption.AllDirectories), f => f.EndsWith(".partial", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_writer_killed_at_any_instant_leaves_a_registry_that_loads_and_no_lock()
    {
        int kills = int.Parse(Environment.GetEnvironmentVariable("HAFS_TEST_KILLS") ?? "50", CultureInfo.InvariantCulture);
        var random = new Random(1611);
        using var scratch = new ScratchRegistry();
        scratch.Registry.Add(new Model { Id = "shared" }, false, default);
        long count = 0;
        for (int done = 0; done < kills; done += 4)
        {
            Process[] writers = [.. Enumerable.Range(0, 4).Select(i => Start(scratch.Path, i, 1_000_000))];
            await Task.WhenAll(writers.Select(w => w.StandardOutput.ReadLineAsync()));
            foreach (Process writer in writers)
            {
                await Task.Delay(random.Next(0, 25));
                writer.Kill();
                await writer.WaitForExitAsync();
            }

            long start = Stopwatch.GetTimestamp();
            long now = scratch.Registry.Update("shared", m => m with { TrainSamples = m.TrainSamples + 1 }, default).TrainSamples;
            Assert.True(Stopwatch.GetElapsedTime(start) < TimeSpan.FromSeconds(1), "The lock of a killed writer was held on.");
            Assert.True(now > count);
            count = now;
            Assert.Null(HafsLoader.Load(File.ReadAllBytes(scratch.Path)).Failure);
            Assert.Empty(scratch.Registry.Problems);
        }
    }

    private static Process Start(string registry, int worker, int updates) => Process.Start(new ProcessStartInfo(
        Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") ?? "dotnet",
        ["exec", Path.Combine(AppContext.BaseDirectory, "HafsModels.RegistryWorker.dll"), registry, worker.ToString(CultureInfo.InvariantCulture), updates.ToString(CultureInfo.InvariantCulture)])
    {
        RedirectStandardOutput = true,
        UseShellExecute = false,
        Environment = { ["DOTNET_TieredPGO"] = "0" },
    })!;
}
