using HafsModels.Inference;
using HafsModels.Inference.Kernels;
using Xunit;

namespace HafsModels.Tests.Inference;

public class DecoderTests
{
    [Theory]
    [InlineData("kjv-llama")]
    [InlineData("kjv-qwen2")]
    public void Logits_of_a_checkpoint_equal_those_of_the_framework_that_trained_it(string model)
    {
        using var decoder = new Decoder(TestCheckpoint.Weights(model), 2, default);
        foreach (ReferencePrompt prompt in Reference.Of(model).Prompts)
        {
            float[] logits = decoder.Logits(prompt.Ids, default);
            float worst = logits.Zip(prompt.LogitsLast, (ours, theirs) => MathF.Abs(ours - theirs)).Max();
            Assert.True(worst < 1e-4, $"{prompt.Prompt}: logits differ by {worst}");
        }
    }

    [Theory]
    [InlineData("kjv-llama")]
    [InlineData("kjv-qwen2")]
    [InlineData("kjv-llama-gospels")]
    public void A_model_folder_opens_and_gives_the_reference_logits(string model)
    {
        using Decoder decoder = Decoder.Open(Repository.PathOf("tests", "models", model), 2, default);
        foreach (ReferencePrompt prompt in Reference.Of(model).Prompts)
        {
            float worst = decoder.Logits(prompt.Ids, default).Zip(prompt.LogitsLast, (ours, theirs) => MathF.Abs(ours - theirs)).Max();
            Assert.True(worst < 1e-4, $"{prompt.Prompt}: logits differ by {worst}");
        }
    }

    [Fact]
    public void A_path_with_nothing_there_is_an_error_of_its_own()
    {
        Assert.Equal(ErrorKind.NotFound, Assert.Throws<HafsException>(() => Decoder.Open(Repository.PathOf("tests", "models", "none.gguf"), 1, default)).Kind);
    }

    [Theory]
    [InlineData("kjv-llama")]
    [InlineData("kjv-qwen2")]
    public void Greedy_tokens_of_a_checkpoint_equal_those_of_the_framework_that_trained_it(string model)
    {
        using var decoder = new Decoder(TestCheckpoint.Weights(model), 2, default);
        foreach (ReferencePrompt prompt in Reference.Of(model).Prompts)
        {
            DecoderSession session = decoder.NewSession();
            List<int> greedy = [VectorMath.IndexOfMax(session.Append(prompt.Ids, default))];
            while (greedy.Count < prompt.Greedy.Length)
                greedy.Add(VectorMath.IndexOfMax(session.Append([greedy[^1]], default)));
            Assert.Equal(prompt.Greedy, greedy);
        }
    }

    [Fact]
    public void Tokens_in_one_batch_and_one_by_one_give_the_same_logits()
    {
        using var decoder = new Decoder(TestCheckpoint.Weights("kjv-llama"), 2, default);
        int vocabulary = decoder.Config.VocabularySize;
        int[] tokens = [.. Enumerable.Range(0, 200).Select(i => i * 7919 % vocabulary)];
        var all = new float[tokens.Length * vocabulary];
        decoder.NewSession().Append(tokens, all, default);
        DecoderSession session = decoder.NewSession();
        for (int i = 0; i < tokens.Length; i++)
        {
            float[] logits = session.Append(tokens.AsSpan(i, 1), default);
            float worst = logits.Zip(all.Skip(i * vocabulary), (one, many) => MathF.Abs(one - many)).Max();
            Assert.True(worst < 1e-4, $"position {i}: logits differ by {worst}");
        }
    }

    [Fact]
    public void The_number_of_threads_changes_no_bit()
    {
        using var one = new Decoder(TestCheckpoint.Weights("kjv-qwen2"), 1, default);
        using var five = new Decoder(TestCheckpoint.Weights("kjv-qwen2"), 5, default);
        int[] tokens = [.. Enumerable.Range(0, 37).Select(i => i * 31 % 2048)];
        Assert.Equal(one.Logits(tokens, default), five.Logits(tokens, default));
    }

    [Fact]
    public void Asking_for_the_last_logits_gives_the_end_of_all_logits()
    {
        using var decoder = new Decoder(TestCheckpoint.Weights("kjv-llama"), 2, default);
        int vocabulary = decoder.Config.VocabularySize;
        int[] tokens = [.. Enumerable.Range(0, 300).Select(i => i % vocabulary)];
        var all = new float[tokens.Length * vocabulary];
        decoder.NewSession().Append(tokens, all, default);
        var last = new float[180 * vocabulary];
        decoder.NewSession().Append(tokens, last, default);
        float worst = last.Zip(all.Skip(120 * vocabulary), (a, b) => MathF.Abs(a - b)).Max();
        Assert.True(worst < 1e-4, $"logits differ by {worst}");
    }

    [Fact]
    public void A_rewound_session_answers_as_if_the_forgotten_tokens_had_never_been()
    {
        using var decoder = new Decoder(TestCheckpoint.Weights("kjv-llama"), 2, default);
        int[] prompt = [.. Enumerable.Range(0, 70).Select(i => i * 13 % 2048)];
        DecoderSession session = decoder.NewSession();
        session.Append(prompt.AsSpan(0, 60), Memory<float>.Empty, default);
        session.Append([.. Enumerable.Repeat(5, 100)], Memory<float>.Empty, default);
        session.Rewind(60);
        DecoderSession fresh = decoder.NewSession();
        fresh.Append(prompt.AsSpan(0, 60), Memory<float>.Empty, default);
        Assert.Equal(fresh.Append(prompt.AsSpan(60), default), session.Append(prompt.AsSpan(60), default));
    }

    [Theory]
    [InlineData(-1)]
    [InlineData(2048)]
    [InlineData(int.MaxValue)]
    public void A_token_outside_the_vocabulary_is_refused_and_named(int token)
    {
        using var decoder = new Decoder(TestCheckpoint.Weights("kjv-llama"), 1, default);
        HafsException error = Assert.Throws<HafsException>(() => decoder.Logits([1, token], default));
        Assert.Equal("TokenOutOfVocabulary", error.Id);
        Assert.Contains(token.ToString(System.Globalization.CultureInfo.InvariantCulture), error.Message);
    }

    [Fact]
    public void More_tokens_than_the_context_holds_are_refused_and_none_is_taken()
    {
        using var decoder = new Decoder(TestCheckpoint.Weights("kjv-llama"), 2, default);
        DecoderSession session = decoder.NewSession();
        session.Append(new int[510], Memory<float>.Empty, default);
        HafsException error = Assert.Throws<HafsException>(() => session.Append(new int[3], default));
        Assert.Equal("ContextFull", error.Id);
        Assert.Equal(510, session.Position);
        session.Append(new int[2], default);
        Assert.Equal(0, session.Remaining);
    }

    [Fact]
    public void A_cancelled_token_ends_the_work()
    {
        using var decoder = new Decoder(TestCheckpoint.Weights("kjv-llama"), 2, default);
        Assert.Throws<OperationCanceledException>(() => decoder.Logits([1, 2], new CancellationToken(true)));
    }

    [Fact]
    public void A_disposed_decoder_refuses_instead_of_reading_freed_memory()
    {
        var decoder = new Decoder(TestCheckpoint.Weights("kjv-llama"), 2, default);
        DecoderSession session = decoder.NewSession();
        session.Append([1], default);
        decoder.Dispose();
        Assert.Throws<ObjectDisposedException>(() => session.Append([1], default));
    }

    [Fact]
    public void Weights_stay_in_the_precision_of_the_checkpoint()
    {
        using var decoder = new Decoder(TestCheckpoint.Weights("kjv-llama"), 1, default);
        long stored = Directory.GetFiles(Repository.PathOf("tests", "models", "kjv-llama"), "*.safetensors").Sum(file => new FileInfo(file).Length);
        Assert.True(decoder.WeightBytes <= stored, $"{decoder.WeightBytes:N0} bytes for a file of {stored:N0}");
    }
}
