using System.Diagnostics;
using HafsModels.Registry;
using Xunit;

namespace HafsModels.Tests.Registry;

// Alone: tests beside it take the cores and push its registry out of the cache.
[CollectionDefinition("Alone", DisableParallelization = true)]
public sealed class Alone;

[Collection("Alone")]
public sealed class RegistrySpeedTests
{
    [Fact]
    public void Ten_thousand_models_are_filtered_within_the_bar()
    {
        using var scratch = new ScratchRegistry();
        var models = Enumerable.Range(0, 10_000).Select(i => $"\"m{i:00000}\": {RecordOf(i)}");
        File.WriteAllText(scratch.Path, "{\"version\": \"1.0\", \"models\": {" + string.Join(",\n", models) + "}}");
        var query = new ModelQuery { Ids = ["m0*"], Role = "asm", Tags = ["t3"], Format = "gguf" };
        scratch.Registry.Find(query);

        // The best of three: the machine may be busy with other tests.
        double best = Enumerable.Range(0, 3).Min(_ => Milliseconds());
        Assert.InRange(best, 0, 150);

        double Milliseconds()
        {
            long start = Stopwatch.GetTimestamp();
            Assert.Equal(1000, ModelRegistry.Open(scratch.Path).Find(query).Count);
            return Stopwatch.GetElapsedTime(start).TotalMilliseconds;
        }

        string RecordOf(int i) => HafsModels.Registry.Json.JsonText.Write(ModelRecord.Create(Samples.Full($"m{i:00000}") with { Role = i % 2 == 0 ? "asm" : "debug", Tags = [$"t{i % 10 / 2 * 2 + 1}"] }));
    }
}
