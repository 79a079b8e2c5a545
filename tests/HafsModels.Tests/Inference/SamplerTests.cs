using FsCheck;
using FsCheck.Fluent;
using HafsModels.Inference;
using Xunit;

namespace HafsModels.Tests.Inference;

public class SamplerTests
{
    [Fact]
    public void Zero_temperature_chooses_the_first_of_the_most_probable()
    {
        Assert.Equal(2, new Sampler(new SamplingOptions()).Next([1, 0, 5, 5, -1], []));
    }

    [Fact]
    public void The_same_seed_draws_the_same_tokens_and_another_seed_others()
    {
        Assert.Equal(Draw(7), Draw(7));
        Assert.NotEqual(Draw(7), Draw(8));

        static int[] Draw(ulong seed)
        {
            var sampler = new Sampler(new SamplingOptions { Temperature = 1, Seed = seed });
            return [.. Enumerable.Range(0, 50).Select(_ => sampler.Next(new float[100], []))];
        }
    }

    [Fact]
    public void Draws_follow_the_probabilities()
    {
        var sampler = new Sampler(new SamplingOptions { Temperature = 1, TopK = 0, TopP = 1, MinP = 0, Seed = 1 });
        float[] logits = [0, MathF.Log(3), MathF.Log(6)];
        int[] counts = new int[3];
        for (int i = 0; i < 20_000; i++)
            counts[sampler.Next([.. logits], [])]++;
        Assert.InRange(counts[0], 1800, 2200);
        Assert.InRange(counts[1], 5700, 6300);
        Assert.InRange(counts[2], 11600, 12400);
    }

    [Fact]
    public void Only_tokens_that_every_filter_keeps_are_drawn()
    {
        Prop.ForAll(Gen.Choose(0, int.MaxValue).ToArbitrary(), seed =>
        {
            var random = new Random(seed);
            float[] logits = [.. Enumerable.Range(0, random.Next(2, 400)).Select(_ => random.NextSingle() * 8)];
            var options = new SamplingOptions
            {
                Temperature = 0.5f + random.NextSingle(),
                TopK = random.Next(0, 50),
                TopP = 0.1f + (0.9f * random.NextSingle()),
                MinP = 0.5f * random.NextSingle(),
                Seed = (ulong)seed,
            };
            int token = new Sampler(options).Next([.. logits], []);
            int rank = logits.Count(logit => logit > logits[token]);
            double[] kept = [.. logits.OrderDescending().Take(options.TopK == 0 ? int.MaxValue : options.TopK).Select(logit => Math.Exp(logit))];
            double before = kept.Take(rank).Sum() / kept.Sum();
            bool withinTopK = options.TopK == 0 || rank < options.TopK;
            bool withinTopP = rank == 0 || before < options.TopP + 1e-6;
            bool withinMinP = rank == 0 || Math.Exp(logits[token] - logits.Max()) >= options.MinP - 1e-6;
            return withinTopK && withinTopP && withinMinP;
        }).QuickCheckThrowOnFailure();
    }

    [Fact]
    public void A_repeat_penalty_moves_the_choice_away_from_late_tokens_only()
    {
        var sampler = new Sampler(new SamplingOptions { RepeatPenalty = 2, RepeatWindow = 2 });
        Assert.Equal(1, sampler.Next([4, 3, 0], [0, 2]));
        Assert.Equal(0, sampler.Next([4, 3, 0], [0, 2, 2]));
    }

    [Theory]
    [InlineData(-1f, 40, 0.9f)]
    [InlineData(float.NaN, 40, 0.9f)]
    [InlineData(1f, -1, 0.9f)]
    [InlineData(1f, 40, 0f)]
    public void Options_out_of_range_are_refused(float temperature, int topK, float topP)
    {
        HafsException error = Assert.Throws<HafsException>(() => new SamplingOptions { Temperature = temperature, TopK = topK, TopP = topP }.Check());
        Assert.Equal("BadSamplingOption", error.Id);
    }
}
