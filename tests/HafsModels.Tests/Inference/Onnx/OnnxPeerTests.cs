using Google.Protobuf;
using HafsModels.Conversion.Onnx;
using HafsModels.Formats.Onnx;
using HafsModels.Inference;
using HafsModels.Inference.Kernels;
using HafsModels.Inference.Onnx;
using HafsModels.Quantization.Onnx;
using Xunit;
using Xunit.Abstractions;

namespace HafsModels.Tests.Inference.Onnx;

/// <summary>The real ONNX Runtime loads what is exported from the trained models, and answers as their trainer's framework and the embedded decoder do.</summary>
public sealed class OnnxPeerTests(ITestOutputHelper output)
{
    [SkippableTheory]
    [InlineData("kjv-llama")]
    [InlineData("kjv-qwen2")]
    public void Single_precision_gives_the_reference_logits_and_tokens(string model)
    {
        using var exported = new OnnxExports(Repository.PathOf("tests", "models", model), new OnnxRequest { DataTypes = ["fp32"] });
        using OnnxRuntimeLibrary library = OnnxRuntimeLibrary.Load(Peers.OnnxRuntime);
        using OnnxDecoder decoder = OnnxDecoder.Open(library, exported.Graph("fp32"), threads: 2);
        float worst = 0;
        foreach (ReferencePrompt prompt in Reference.Of(model).Prompts)
        {
            float[] logits = Run(decoder, prompt.Ids, prompt.Greedy.Length, out int[] tokens).AsSpan((prompt.Ids.Length - 1) * prompt.LogitsLast.Length, prompt.LogitsLast.Length).ToArray();
            worst = MathF.Max(worst, Difference(logits, prompt.LogitsLast));
            Assert.Equal(prompt.Greedy, tokens);
        }

        output.WriteLine($"{model}: logits differ from the reference by at most {worst:E2}; ONNX Runtime {library.Version}");
        Assert.InRange(worst, 0, 1e-4f);
    }

    [SkippableTheory]
    [InlineData("kjv-llama", true, 32)]
    [InlineData("kjv-llama", false, 32)]
    [InlineData("kjv-qwen2", true, 32)]
    [InlineData("kjv-qwen2", false, 64)]
    [InlineData("kjv-qwen2", true, 16)]
    [InlineData("kjv-llama", true, 128)]
    public void Four_bits_give_the_logits_and_tokens_of_the_dequantized_model(string model, bool symmetric, int block)
    {
        string folder = Repository.PathOf("tests", "models", model);
        var options = new OnnxExportOptions { AccuracyLevel = 0, Asymmetric = !symmetric, BlockSize = block };
        using var exported = new OnnxExports(folder, new OnnxRequest { DataTypes = ["q4", "q4f16"], Options = options });
        using OnnxRuntimeLibrary library = OnnxRuntimeLibrary.Load(Peers.OnnxRuntime);
        foreach ((string type, float allowed) in new[] { ("q4", 1e-4f), ("q4f16", 5e-3f) })
        {
            using var reference = new Decoder(new DequantizedWeights(folder, role => new NBitsQuantizer(4, block, symmetric, type == "q4f16" && role != "output.weight")), 2, default);
            Compare(library, exported, type, reference, model, allowed, allowed);
        }
    }

    [SkippableTheory]
    [InlineData("kjv-llama")]
    [InlineData("kjv-qwen2")]
    public void Half_precision_stays_close_and_chooses_the_same_tokens(string model)
    {
        string folder = Repository.PathOf("tests", "models", model);
        using var exported = new OnnxExports(folder, new OnnxRequest { DataTypes = ["fp16"] });
        using OnnxRuntimeLibrary library = OnnxRuntimeLibrary.Load(Peers.OnnxRuntime);
        using Decoder reference = Decoder.Open(folder, 2, default);
        Compare(library, exported, "fp16", reference, model, 5e-3f, 5e-3f);
    }

    // Other tools' graphs do this; an empty cache of it cannot be made.
    [SkippableFact]
    public void A_graph_whose_caches_do_not_say_how_many_heads_they_have_is_refused()
    {
        using var exported = new OnnxExports(Repository.PathOf("tests", "models", "kjv-qwen2"), new OnnxRequest { DataTypes = ["q4"] });
        ModelProto model = ModelProto.Parser.ParseFrom(File.ReadAllBytes(exported.Graph("q4")));
        model.Graph.Input.Single(i => i.Name == "past_key_values.1.value").Type.TensorType.Shape.Dim[1] = new TensorShapeProto.Types.Dimension { DimParam = "heads" };
        File.WriteAllBytes(exported.Graph("q4"), model.ToByteArray());
        using OnnxRuntimeLibrary library = OnnxRuntimeLibrary.Load(Peers.OnnxRuntime);
        HafsException error = Assert.Throws<HafsException>(() => OnnxDecoder.Open(library, exported.Graph("q4")));
        Assert.Equal("OnnxNoDecoder", error.Id);
        Assert.Contains("past_key_values.1.value", error.Message, StringComparison.Ordinal);
    }

    // Activations are rounded to 8 bits as well, so single logits move; the distributions stay close.
    [SkippableTheory]
    [InlineData("q8", 0.2)]
    [InlineData("int8", 0.5)]
    [InlineData("uint8", 0.2)]
    [InlineData("bnb4", 1.5)]
    public void Eight_bits_and_NF4_run_and_stay_close(string type, float allowed)
    {
        string folder = Repository.PathOf("tests", "models", "kjv-llama");
        using var exported = new OnnxExports(folder, new OnnxRequest { DataTypes = [type] });
        using OnnxRuntimeLibrary library = OnnxRuntimeLibrary.Load(Peers.OnnxRuntime);
        using Decoder reference = Decoder.Open(folder, 2, default);
        Compare(library, exported, type, reference, "kjv-llama", allowed, float.PositiveInfinity);
    }

    private void Compare(OnnxRuntimeLibrary library, OnnxExports exported, string type, Decoder reference, string model, float allowed, float tokensWithin)
    {
        using OnnxDecoder decoder = OnnxDecoder.Open(library, exported.Graph(type), threads: 2);
        int vocabulary = reference.Config.VocabularySize;
        float worst = 0, atPromptEnd = 0;
        double sum = 0, squares = 0;
        foreach (ReferencePrompt prompt in Reference.Of(model).Prompts)
        {
            float[] logits = Run(decoder, prompt.Ids, prompt.Greedy.Length, out int[] tokens);
            DecoderSession session = reference.NewSession();
            float[] expected = new float[logits.Length];
            session.Append([.. prompt.Ids, .. tokens[..^1]], expected, default);
            worst = MathF.Max(worst, Difference(logits, expected));
            int end = prompt.Ids.Length * vocabulary;
            atPromptEnd = MathF.Max(atPromptEnd, Difference(logits[(end - vocabulary)..end], expected[(end - vocabulary)..end]));
            squares += logits.Zip(expected, (a, b) => (double)(a - b) * (a - b)).Sum();
            sum += logits.Length;
            for (int i = 0; i < tokens.Length && !float.IsPositiveInfinity(tokensWithin); i++)
            {
                // The same token, unless two are closer to each other than the arithmetic is exact.
                ReadOnlySpan<float> position = expected.AsSpan((prompt.Ids.Length + i - 1) * vocabulary, vocabulary);
                int best = VectorMath.IndexOfMax(position);
                Assert.True(best == tokens[i] || position[best] - position[tokens[i]] < 2 * tokensWithin, $"token {i} is {tokens[i]}, not {best}");
            }
        }

        double mean = Math.Sqrt(squares / sum);
        output.WriteLine($"{model} {type}: logits differ by at most {atPromptEnd:E2} behind the prompts, {worst:E2} anywhere, root mean square {mean:E2}");
        if (float.IsPositiveInfinity(tokensWithin))
        {
            Assert.InRange(mean, 0, allowed);
            return;
        }

        Assert.InRange(atPromptEnd, 0, allowed);
        Assert.InRange(worst, 0, 1.5 * allowed);
    }

    // The prompt at once, then token by token: logits of every position.
    private static float[] Run(OnnxDecoder decoder, int[] prompt, int count, out int[] tokens)
    {
        using OnnxSession session = decoder.NewSession();
        float[] first = session.Append(prompt, default);
        int vocabulary = first.Length / prompt.Length;
        List<float> all = [.. first];
        tokens = new int[count];
        for (int i = 0; i < count; i++)
        {
            tokens[i] = VectorMath.IndexOfMax(first.AsSpan(first.Length - vocabulary));
            if (i + 1 < count)
                all.AddRange(first = session.Append([tokens[i]], default));
        }

        return [.. all];
    }

    private static float Difference(float[] ours, float[] theirs) => ours.Zip(theirs, (a, b) => MathF.Abs(a - b)).Max();
}
