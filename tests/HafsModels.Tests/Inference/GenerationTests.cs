using HafsModels.Inference;
using Xunit;

namespace HafsModels.Tests.Inference;

public class GenerationTests
{
    private static readonly ReferencePrompt Prompt = Reference.Of("kjv-llama").Prompts[0];

    [Fact]
    public void Generation_is_greedy_unless_told_otherwise_and_streams_each_token()
    {
        using var decoder = new Decoder(TestCheckpoint.Weights("kjv-llama"), 2, default);
        List<int> streamed = [];
        Generation generation = decoder.Generate(Prompt.Ids, new GenerationOptions { MaxTokens = 24 }, streamed.Add, default);
        Assert.Equal(Prompt.Greedy, generation.Tokens);
        Assert.Equal(Prompt.Greedy, streamed);
        Assert.Equal(StopReason.MaxTokens, generation.StopReason);
    }

    [Fact]
    public void A_stop_token_ends_the_text_and_is_not_part_of_it()
    {
        using var decoder = new Decoder(TestCheckpoint.Weights("kjv-llama"), 2, default);
        int stop = Prompt.Greedy[3];
        Generation generation = decoder.Generate(Prompt.Ids, new GenerationOptions { MaxTokens = 24, StopTokens = [stop] }, null, default);
        Assert.Equal(StopReason.StopToken, generation.StopReason);
        Assert.Equal(Prompt.Greedy.TakeWhile(token => token != stop), generation.Tokens);
    }

    [Fact]
    public void A_full_context_ends_the_text()
    {
        using var decoder = new Decoder(TestCheckpoint.Weights("kjv-llama"), 2, default);
        Generation generation = decoder.Generate(new int[508], new GenerationOptions { MaxTokens = 100 }, null, default);
        Assert.Equal(StopReason.ContextFull, generation.StopReason);
        Assert.Equal(5, generation.Tokens.Count);
    }

    [Fact]
    public void Sampled_text_depends_on_the_seed_alone()
    {
        using var decoder = new Decoder(TestCheckpoint.Weights("kjv-llama"), 2, default);
        IReadOnlyList<int> Draw(ulong seed) =>
            decoder.Generate(Prompt.Ids, new GenerationOptions { MaxTokens = 20, Sampling = new SamplingOptions { Temperature = 1, Seed = seed } }, null, default).Tokens;
        Assert.Equal(Draw(1), Draw(1));
        Assert.NotEqual(Draw(1), Draw(2));
    }

    [Fact]
    public void Cancelling_in_the_middle_ends_the_text_at_once()
    {
        using var decoder = new Decoder(TestCheckpoint.Weights("kjv-llama"), 2, default);
        using var cancel = new CancellationTokenSource();
        int count = 0;
        Assert.ThrowsAny<OperationCanceledException>(() => decoder.Generate(Prompt.Ids, new GenerationOptions(), _ =>
        {
            if (++count == 3)
                cancel.Cancel();
        }, cancel.Token));
        Assert.Equal(3, count);
    }

    [Fact]
    public void An_empty_prompt_is_refused()
    {
        using var decoder = new Decoder(TestCheckpoint.Weights("kjv-llama"), 1, default);
        Assert.Equal("EmptyPrompt", Assert.Throws<HafsException>(() => decoder.Generate([], new GenerationOptions(), null, default)).Id);
    }
}
