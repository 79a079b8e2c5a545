using System.Text.Json;
using HafsModels.Architectures;
using HafsModels.Conversion;
using HafsModels.Formats.Gguf;
using HafsModels.Inference;
using HafsModels.Inference.Kernels;
using HafsModels.Quantization;
using HafsModels.Tensors;
using HafsModels.Tests.Inference;
using HafsModels.Tokenizers;
using Xunit;
using Xunit.Abstractions;

namespace HafsModels.Tests.Architectures;

/// <summary>
/// Every example of every family, as a generated checkpoint with a real tokenizer, converted to F32: the real llama.cpp, with a cache in F32,
/// computes what the embedded decoder does. A new family is one JSON file; these theories find it.
/// </summary>
public sealed class FamilyPeerTests(ITestOutputHelper output)
{
    private const int Tokens = 16;

    // The tokenizer's "a".
    private const int Printable = 64;
    private const double Noise = 2e-3;

    public static TheoryData<string, string> Examples()
    {
        var data = new TheoryData<string, string>();
        foreach (ModelFamily family in ModelFamilies.All)
        {
            foreach (string example in family.Data.Examples.Keys)
                data.Add(family.Name, example);
        }

        return data;
    }

    [SkippableTheory]
    [MemberData(nameof(Examples))]
    public void The_real_llama_cpp_loads_every_tensor_and_gives_the_same_tokens_and_probabilities(string family, string example)
    {
        _ = Peers.LlamaBin;
        using GeneratedCheckpoint checkpoint = Generate(family, example);
        string path = Convert(checkpoint);
        using Decoder decoder = Decoder.Open(path, 2, default);
        using var server = new LlamaServer(path, "-ctk", "f32", "-ctv", "f32", "-fa", "off", "-c", $"{decoder.Config.ContextLength}", "-v");
        Assert.DoesNotContain("unused tensor", server.Log, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain("missing tensor", server.Log, StringComparison.OrdinalIgnoreCase);
        int vocabulary = decoder.Config.VocabularySize;
        double worst = 0;
        foreach (int[] prompt in Prompts())
        {
            DecoderSession session = decoder.NewSession();
            float[] logits = session.Append(prompt, default);
            List<int> tokens = [.. prompt];
            for (int step = 0; step < Tokens; step++)
            {
                double[] theirs = server.LogProbabilities(tokens, vocabulary, Printable);
                double total = LogitComparison.LogSumExp(logits);
                int best = VectorMath.IndexOfMax(logits), theirBest = Array.IndexOf(theirs, theirs.Max());
                for (int i = 0; i < vocabulary; i++)
                    worst = Math.Max(worst, Math.Abs(logits[i] - total - theirs[i]));
                Assert.True(best == theirBest || theirs[theirBest] - theirs[best] < Noise, $"{prompt.Length} tokens, step {step}: {best} differs from llama.cpp's {theirBest}, which it prefers by {theirs[theirBest] - theirs[best]}; worst difference {worst}");
                tokens.Add(theirBest);
                session.Append([theirBest], logits, default);
            }
        }

        output.WriteLine($"{family}, {example}: logarithmic probabilities differ by at most {worst:E2}");
        Assert.InRange(worst, 0, Noise);
    }

    [Theory]
    [MemberData(nameof(Examples))]
    public void The_checkpoint_itself_gives_the_logits_of_its_gguf_file(string family, string example)
    {
        using GeneratedCheckpoint checkpoint = Generate(family, example);
        using Decoder source = Decoder.Open(checkpoint.Folder, 2, default), result = Decoder.Open(Convert(checkpoint), 2, default);
        foreach (int[] prompt in Prompts())
        {
            float[] ours = source.Logits(prompt, default), theirs = result.Logits(prompt, default);
            float worst = ours.Zip(theirs, (a, b) => MathF.Abs(a - b)).Max();

            // GELU by the error function differs from llama.cpp's by tanh.
            float allowed = source.Config.Activation == result.Config.Activation ? 2e-4f : 2e-2f;
            Assert.True(worst < allowed, $"logits differ by {worst}");
            Assert.True(ours.Max() - ours.Min() > 0.5, "the logits hardly differ from each other; they show nothing");
        }
    }

    [Fact]
    public void Experts_packed_in_MXFP4_are_stored_in_MXFP4_without_another_loss()
    {
        using GeneratedCheckpoint checkpoint = Generate("gpt-oss", "gpt-oss in MXFP4");
        string path = Convert(checkpoint, "MXFP4_MOE");
        using ModelFolder folder = ModelFolder.Open(checkpoint.Folder);
        using GgufFile file = GgufFile.Open(path);
        foreach (ModelTensor tensor in folder.Tensors.Where(t => t.Role.Contains("_exps.weight", StringComparison.Ordinal)))
        {
            GgufTensor stored = file.FindTensor(tensor.Role)!;
            Assert.Equal(GgmlType.MXFP4, stored.Type);
            float[] expected = new float[tensor.Rows.Shape.ElementCount], actual = new float[expected.Length];
            tensor.Rows.Read(0, expected);
            byte[] bytes = new byte[stored.ByteSize];
            file.ReadBytes(stored, 0, bytes);
            BlockFormats.Get(GgmlType.MXFP4).Decode(bytes, actual);
            Assert.Equal(expected, actual);
        }
    }

    private static GeneratedCheckpoint Generate(string family, string example)
    {
        JsonElement config = ModelFamilies.All.Single(f => f.Name == family).Data.Examples[example];
        return new GeneratedCheckpoint(config.GetRawText(), Repository.PathOf("tests", "models", "kjv-llama"));
    }

    private static string Convert(GeneratedCheckpoint checkpoint, string recipe = "F32")
    {
        string path = Path.Combine(checkpoint.Folder, "model.gguf");
        using ModelFolder folder = ModelFolder.Open(checkpoint.Folder);
        PlanRunner.Run(GgufExport.Plan(folder, Vocabulary.Load(checkpoint.Folder), new(Recipes.Get(recipe)), new GgufExportOptions { Name = "generated" }), path, 2, false, null, default);
        return path;
    }

    // One shorter than any window, one longer.
    private static int[][] Prompts() => [[5, 900, 44], [.. Enumerable.Range(0, 50).Select(i => 3 + (i * 37 % 2000))]];
}
