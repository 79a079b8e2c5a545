using HafsModels.Architectures;
using HafsModels.Conversion;
using HafsModels.Inference;
using HafsModels.Quantization;
using HafsModels.Tokenizers;
using Xunit;

namespace HafsModels.Tests.Inference;

public sealed class TextGeneratorTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("hafs-text-").FullName;

    [Theory]
    [InlineData("kjv-llama")]
    [InlineData("kjv-qwen2")]
    [InlineData("kjv-llama-gospels")]
    public void Prompts_become_the_reference_tokens_and_its_tokens_become_the_reference_text(string model)
    {
        using TextGenerator generator = TextGenerator.Open(Repository.PathOf("tests", "models", model), 2, default);
        foreach (ReferencePrompt prompt in Reference.Of(model).Prompts)
        {
            Assert.Equal(prompt.Ids, generator.Tokenizer.Encode(prompt.Prompt));
            var streamed = new System.Text.StringBuilder();
            TextGeneration generation = generator.Generate(prompt.Prompt, new GenerationOptions { MaxTokens = 24 }, piece => streamed.Append(piece), default);
            int[] expected = [.. prompt.Greedy.TakeWhile(token => !generator.StopTokens.Contains(token))];
            Assert.Equal(expected, generation.Tokens);
            Assert.Equal(expected.Length == prompt.Greedy.Length ? StopReason.MaxTokens : StopReason.StopToken, generation.StopReason);
            Assert.StartsWith(generation.Text, prompt.Text);
            Assert.Equal(generation.Text, streamed.ToString());
        }
    }

    [Theory]
    [InlineData("kjv-llama")]
    [InlineData("kjv-qwen2")]
    [InlineData("kjv-llama-gospels")]
    public void Perplexity_of_held_out_text_equals_that_of_the_framework_that_trained_the_model(string model)
    {
        using TextGenerator generator = TextGenerator.Open(Repository.PathOf("tests", "models", model), 2, default);
        int[] tokens = generator.Tokenizer.Encode(File.ReadAllText(Repository.PathOf("tests", "models", "val.txt")));
        Reference reference = Reference.Of(model);
        Assert.Equal(reference.ValTokens, tokens.Length);
        Assert.Equal(1, FidelityMeasurement.Perplexity(generator.Decoder, tokens, default) / reference.Perplexity, 1e-6);
    }

    [Fact]
    public void Stop_tokens_are_those_the_vocabulary_names_and_those_that_end_a_turn_by_their_spelling()
    {
        using TextGenerator generator = TextGenerator.Open(Repository.PathOf("tests", "models", "kjv-llama"), 1, default);
        Assert.Equal([2045, 2047], generator.StopTokens);
    }

    [Theory]
    [InlineData("kjv-llama", "BF16", 1e-9, 1)]
    [InlineData("kjv-llama", "Q8_0", 1e-3, 0.98)]
    [InlineData("kjv-llama", "Q4_K_M", 0.01, 0.9)]
    [InlineData("kjv-qwen2", "F16", 1e-6, 1)]
    [InlineData("kjv-qwen2", "Q4_K_M", 0.01, 0.9)]
    public void A_conversion_is_proven_by_running_source_and_result_on_the_same_tokens(string model, string recipe, double divergence, double agreement)
    {
        string source = Repository.PathOf("tests", "models", model);
        Fidelity fidelity = FidelityMeasurement.Measure(source, Convert(model, recipe), new FidelityOptions { MaxTokens = 400 }, default);
        Assert.Equal(400, fidelity.Tokens);
        Assert.InRange(fidelity.MeanKlDivergence, 0, divergence);
        Assert.InRange(fidelity.Top1Agreement, agreement, 1);
        Assert.InRange(fidelity.ResultPerplexity / fidelity.SourcePerplexity, 0.95, 1.05);
        Assert.StartsWith(Reference.Of(model).Prompts[0].Text, fidelity.SourceText);
        Assert.True(fidelity.SourceTokensPerSecond > 0 && fidelity.ResultTokensPerSecond > 0);
    }

    [Fact]
    public void A_model_whose_queries_lie_in_the_wrong_order_fails_the_proof()
    {
        string wrong = Path.Combine(folder, "wrong.gguf");
        using (ModelFolder opened = ModelFolder.Open(Repository.PathOf("tests", "models", "kjv-llama")))
        {
            ExportPlan plan = Plan(opened, "F16");
            PlannedTensor[] tensors = [.. plan.Tensors.Select(tensor => tensor.Name.EndsWith("attn_q.weight", StringComparison.Ordinal)
                ? tensor with { Rows = opened.Tensors.Single(other => other.Role == tensor.Name).Rows }
                : tensor)];
            PlanRunner.Run(plan with { Tensors = tensors }, wrong, 2, false, null, default);
        }

        Fidelity fidelity = FidelityMeasurement.Measure(Repository.PathOf("tests", "models", "kjv-llama"), wrong, new FidelityOptions { MaxTokens = 256 }, default);
        Assert.True(fidelity.MeanKlDivergence > 0.1, $"divergence {fidelity.MeanKlDivergence}");
    }

    [Fact]
    public void A_result_with_exchanged_tokens_is_refused_with_the_first_that_differs()
    {
        string path = Path.Combine(folder, "swapped.gguf"), source = Repository.PathOf("tests", "models", "kjv-llama");
        Vocabulary vocabulary = Vocabulary.Load(source);
        string[] tokens = [.. vocabulary.Tokens];
        (tokens[258], tokens[267]) = (tokens[267], tokens[258]);
        using (ModelFolder opened = ModelFolder.Open(source))
            PlanRunner.Run(GgufExport.Plan(opened, vocabulary with { Tokens = tokens }, new(Recipes.Get("Q8_0")), new GgufExportOptions { Name = "swapped" }), path, 2, false, null, default);
        HafsException error = Assert.Throws<HafsException>(() => FidelityMeasurement.Measure(source, path, new FidelityOptions(), default));
        Assert.Equal("TokenizersDiffer", error.Id);
        Assert.Contains("258", error.Message);
        Assert.Contains("267", error.Message);
    }

    [Fact]
    public void The_built_in_text_is_long_enough_for_the_default_comparison()
    {
        using TextGenerator generator = TextGenerator.Open(Repository.PathOf("tests", "models", "kjv-llama"), 1, default);
        Assert.InRange(generator.Tokenizer.Encode(EvaluationText.Read()).Length, 1024, 4096);
    }

    public void Dispose() => Directory.Delete(folder, true);

    private static ExportPlan Plan(ModelFolder opened, string recipe) =>
        GgufExport.Plan(opened, Vocabulary.Load(opened.Path), new(Recipes.Get(recipe)), new GgufExportOptions { Name = "test" });

    private string Convert(string model, string recipe)
    {
        string path = Path.Combine(folder, $"{model}-{recipe}.gguf");
        using ModelFolder opened = ModelFolder.Open(Repository.PathOf("tests", "models", model));
        PlanRunner.Run(Plan(opened, recipe), path, 2, false, null, default);
        return path;
    }
}
