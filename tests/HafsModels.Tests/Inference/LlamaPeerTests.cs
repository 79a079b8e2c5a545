using HafsModels.Architectures;
using HafsModels.Conversion;
using HafsModels.Inference;
using HafsModels.Quantization;
using HafsModels.Tokenizers;
using Xunit;
using Xunit.Abstractions;

namespace HafsModels.Tests.Inference;

/// <summary>
/// The embedded decoder against the real llama.cpp on the same file. llama.cpp rounds activations to 8 bits before products with quantized
/// weights (to half precision before products with F16), the embedded decoder does not; so probabilities differ by the noise of that rounding.
/// </summary>
public sealed class LlamaPeerTests(ITestOutputHelper output) : IDisposable
{
    private const int Count = 24;

    private readonly string folder = Directory.CreateTempSubdirectory("hafs-llama-peer-").FullName;

    [SkippableTheory]
    [InlineData("kjv-llama", "F16", 0.01)]
    [InlineData("kjv-llama", "Q8_0", 0.05)]
    [InlineData("kjv-llama", "Q4_K_M", 0.1)]
    [InlineData("kjv-qwen2", "F16", 0.01)]
    [InlineData("kjv-qwen2", "Q8_0", 0.05)]
    [InlineData("kjv-qwen2", "Q4_K_M", 0.1)]
    public void The_real_llama_server_gives_the_same_tokens_and_probabilities_from_the_same_file(string model, string recipe, double noise)
    {
        _ = Peers.LlamaBin;
        string path = Convert(model, recipe);
        using Decoder decoder = Decoder.Open(path, 2, default);
        using var server = new LlamaServer(path);
        foreach (int[] prompt in ClearPrompts.Of[model])
        {
            IReadOnlyList<LlamaChoice> theirs = server.Complete(prompt, Count);
            Assert.Equal(Count, theirs.Count);
            Assert.Equal(theirs.Select(choice => choice.Token), decoder.Generate(prompt, new GenerationOptions { MaxTokens = Count }, null, default).Tokens);
        }

        // These come close to ties: the texts may part, but only where llama.cpp itself hardly prefers its choice.
        foreach (ReferencePrompt prompt in Reference.Of(model).Prompts)
        {
            IReadOnlyList<LlamaChoice> theirs = server.Complete(prompt.Ids, Count);
            IReadOnlyList<int> ours = decoder.Generate(prompt.Ids, new GenerationOptions { MaxTokens = Count }, null, default).Tokens;
            int same = theirs.Zip(ours).TakeWhile(pair => pair.First.Token == pair.Second).Count();
            double difference = LargestDifference(decoder, prompt.Ids, theirs);
            output.WriteLine($"{prompt.Prompt}: {same} of {Count} tokens; logarithmic probabilities differ by at most {difference:F5}");
            Assert.InRange(difference, 0, noise);
            Assert.True(same == Count || theirs[same].Margin < noise, $"{prompt.Prompt}: token {same} differs, though llama.cpp prefers its choice by {theirs[Math.Min(same, Count - 1)].Margin}");
        }
    }

    public void Dispose() => Directory.Delete(folder, true);

    private static double LargestDifference(Decoder decoder, int[] prompt, IReadOnlyList<LlamaChoice> choices)
    {
        DecoderSession session = decoder.NewSession();
        float[] logits = session.Append(prompt, default);
        double largest = 0;
        foreach (LlamaChoice choice in choices)
        {
            largest = Math.Max(largest, Math.Abs(logits[choice.Token] - LogitComparison.LogSumExp(logits) - choice.LogProbability));
            session.Append([choice.Token], logits, default);
        }

        return largest;
    }

    private string Convert(string model, string recipe)
    {
        string source = Repository.PathOf("tests", "models", model), path = Path.Combine(folder, $"{model}-{recipe}.gguf");
        using ModelFolder opened = ModelFolder.Open(source);
        ExportPlan plan = GgufExport.Plan(opened, Vocabulary.Load(source), new(Recipes.Get(recipe)), new GgufExportOptions { Name = model });
        PlanRunner.Run(plan, path, 2, false, null, default);
        return path;
    }
}
