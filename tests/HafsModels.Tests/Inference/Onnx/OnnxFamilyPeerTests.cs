using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text.Json;
using System.Text.Json.Nodes;
using HafsModels.Architectures;
using HafsModels.Conversion.Onnx;
using HafsModels.Inference;
using HafsModels.Inference.Kernels;
using HafsModels.Inference.Onnx;
using HafsModels.Quantization.Onnx;
using HafsModels.Tests.Architectures;
using Xunit;
using Xunit.Abstractions;

namespace HafsModels.Tests.Inference.Onnx;

/// <summary>
/// Every example of every family, as a generated checkpoint: the real ONNX Runtime computes from its export what the embedded decoder computes from the
/// checkpoint, or the export is refused before anything is written. A new family is one JSON file; this theory finds it.
/// </summary>
public sealed class OnnxFamilyPeerTests(ITestOutputHelper output)
{
    private const int Tokens = 6;

    // Experts, latent attention, norms for each head; and rotated parts of these small examples that are no multiple of 16, which those of the real models are.
    private static readonly string[] Refused = ["mixtral", "qwen2moe", "qwen3moe", "olmoe", "gpt-oss", "deepseek", "stablelm", "phi4-mini", "gpt-neox"];

    public static TheoryData<string, string> Examples() => FamilyPeerTests.Examples();

    [SkippableTheory]
    [MemberData(nameof(Examples))]
    public void The_real_onnxruntime_gives_the_logits_and_tokens_of_the_embedded_decoder(string family, string example)
    {
        string runtime = Peers.OnnxRuntime;
        JsonElement config = ModelFamilies.All.Single(f => f.Name == family).Data.Examples[example];
        using var checkpoint = new GeneratedCheckpoint(config.GetRawText(), Repository.PathOf("tests", "models", "kjv-llama"));
        var request = new OnnxRequest { DataTypes = ["fp32", "q4f16"], Options = new OnnxExportOptions { AccuracyLevel = 0 } };
        if (Refused.Any(r => example.StartsWith(r, StringComparison.Ordinal)) && example != "gpt-neox sequential")
        {
            Assert.Equal("OnnxUnsupported", Assert.Throws<HafsException>(() => OnnxJob.Open(request, new ModelSource(checkpoint.Folder))).Id);
            return;
        }

        using var exported = new OnnxExports(checkpoint.Folder, request);
        using OnnxRuntimeLibrary library = OnnxRuntimeLibrary.Load(runtime);
        foreach ((string type, float allowed) in new[] { ("fp32", 1e-4f), ("q4f16", 2e-2f) })
        {
            using OnnxDecoder decoder = OnnxDecoder.Open(library, exported.Graph(type), threads: 2);
            using Decoder reference = type == "fp32"
                ? Decoder.Open(checkpoint.Folder, 2, default)
                : new Decoder(new DequantizedWeights(checkpoint.Folder, role => new NBitsQuantizer(4, 32, true, type == "q4f16" && role != "output.weight")), 2, default);
            (float worst, float range) = Compare(decoder, reference, allowed);
            output.WriteLine($"{family}, {example}, {type}: logits differ by at most {worst:E2}; they range over {range:F1}");
        }
    }

    // The real model's heads have 128 elements, 96 of them rotated.
    [SkippableFact]
    public void Long_rope_with_partial_rotation_takes_the_other_factors_behind_the_original_context()
    {
        string runtime = Peers.OnnxRuntime;
        string example = ModelFamilies.All.Single(f => f.Name == "phi3").Data.Examples["phi4-mini"].GetRawText();
        JsonObject config = JsonNode.Parse(example)!.AsObject();
        (config["hidden_size"], config["num_attention_heads"], config["num_key_value_heads"], config["partial_rotary_factor"]) = (128, 2, 2, 0.75);
        config["original_max_position_embeddings"] = 32;
        config["rope_scaling"]!["short_factor"] = new JsonArray([.. Enumerable.Range(0, 24).Select(i => (JsonNode)(1 + (i * 0.05)))]);
        config["rope_scaling"]!["long_factor"] = new JsonArray([.. Enumerable.Range(0, 24).Select(i => (JsonNode)(1 + (i * 0.7)))]);
        using var checkpoint = new GeneratedCheckpoint(config.ToJsonString(), Repository.PathOf("tests", "models", "kjv-llama"));
        using var exported = new OnnxExports(checkpoint.Folder, new OnnxRequest { DataTypes = ["fp32"] });

        // The same model with the long factors for every position.
        config["rope_scaling"]!["short_factor"] = config["rope_scaling"]!["long_factor"]!.DeepClone();
        File.WriteAllText(Path.Combine(checkpoint.Folder, "config.json"), config.ToJsonString());
        using var always = new OnnxExports(checkpoint.Folder, new OnnxRequest { DataTypes = ["fp32"] });
        using OnnxRuntimeLibrary library = OnnxRuntimeLibrary.Load(runtime);
        using OnnxDecoder both = OnnxDecoder.Open(library, exported.Graph("fp32"), threads: 2), one = OnnxDecoder.Open(library, always.Graph("fp32"), threads: 2);
        int[] tokens = [.. Enumerable.Range(0, 40).Select(i => 3 + (i * 37 % 2000))];
        float[] Logits(OnnxDecoder decoder, int count)
        {
            using OnnxSession session = decoder.NewSession();
            return session.Append(tokens.AsSpan(0, count), default);
        }

        Assert.True(Logits(both, 30).Zip(Logits(one, 30), (a, b) => MathF.Abs(a - b)).Max() > 1e-3f);
        Assert.Equal(Logits(one, 40), Logits(both, 40));
    }

    // Gemma 3 as it was trained does this: norms behind a layer's parts have weights of hundreds.
    [SkippableFact]
    public void Sums_of_layers_may_leave_the_range_of_half_precision_where_norms_stand_behind_their_parts()
    {
        string runtime = Peers.OnnxRuntime;
        using var checkpoint = new GeneratedCheckpoint(ModelFamilies.All.Single(f => f.Name == "gemma3").Data.Examples["gemma3"].GetRawText(), Repository.PathOf("tests", "models", "kjv-llama"));
        Fill(Path.Combine(checkpoint.Folder, "model.safetensors"), "model.layers.0.post_feedforward_layernorm.weight", 60_000);
        using var exported = new OnnxExports(checkpoint.Folder, new OnnxRequest { DataTypes = ["fp16"] });
        using OnnxRuntimeLibrary library = OnnxRuntimeLibrary.Load(runtime);
        using OnnxDecoder decoder = OnnxDecoder.Open(library, exported.Graph("fp16"), threads: 2);
        using Decoder reference = Decoder.Open(checkpoint.Folder, 2, default);
        (float worst, float range) = Compare(decoder, reference, 2e-2f);
        output.WriteLine($"logits differ by at most {worst:E2}; they range over {range:F1}");
    }

    private static void Fill(string path, string tensor, float value)
    {
        byte[] file = File.ReadAllBytes(path);
        int start = 8 + (int)BinaryPrimitives.ReadInt64LittleEndian(file);
        int[] offsets = JsonNode.Parse(file.AsSpan(8, start - 8))![tensor]!["data_offsets"]!.AsArray().GetValues<int>().ToArray();
        MemoryMarshal.Cast<byte, float>(file.AsSpan(start + offsets[0], offsets[1] - offsets[0])).Fill(value);
        File.WriteAllBytes(path, file);
    }

    private static (float Worst, float Range) Compare(OnnxDecoder decoder, Decoder reference, float allowed)
    {
        (float worst, float range) = (0, 0);

        // One shorter than any window, one longer.
        foreach (int[] prompt in (int[][])[[5, 900, 44], [.. Enumerable.Range(0, 50).Select(i => 3 + (i * 37 % 2000))]])
        {
            using OnnxSession session = decoder.NewSession();
            DecoderSession expected = reference.NewSession();
            float[] theirs = session.Append(prompt, default), ours = new float[theirs.Length];
            expected.Append(prompt, ours, default);
            int vocabulary = reference.Config.VocabularySize;
            for (int step = 0; step <= Tokens; step++)
            {
                worst = Math.Max(worst, ours.Zip(theirs, (a, b) => MathF.Abs(a - b)).Max());
                range = Math.Max(range, ours.Max() - ours.Min());
                Assert.True(worst <= allowed, $"{prompt.Length} tokens, step {step}: logits differ by {worst}");
                int best = VectorMath.IndexOfMax(ours.AsSpan(ours.Length - vocabulary)), theirBest = VectorMath.IndexOfMax(theirs.AsSpan(theirs.Length - vocabulary));
                Assert.True(best == theirBest || ours[^vocabulary..][best] - ours[^vocabulary..][theirBest] < 2 * allowed, $"{prompt.Length} tokens, step {step}: {theirBest} is chosen, not {best}");
                theirs = session.Append([best], default);
                ours = new float[vocabulary];
                expected.Append([best], ours, default);
            }
        }

        Assert.True(range > 0.5, "the logits hardly differ from each other; they show nothing");
        return (worst, range);
    }
}
