using HafsModels.Inference;
using HafsModels.Tensors;
using Xunit;

namespace HafsModels.Tests.Inference;

public sealed class GgufDecoderTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("hafs-decoder-").FullName;

    public static TheoryData<string, Action<Dictionary<string, object>>> BadMetadata => new()
    {
        { "UnknownArchitecture", keys => keys["general.architecture"] = "mamba" },
        { "UnknownArchitecture", keys => keys["general.architecture"] = 7u },
        { "UnknownArchitecture", keys => keys.Remove("general.architecture") },
        { "DecoderValue", keys => keys["llama.attention.head_count"] = float.NaN },
        { "DecoderValue", keys => keys["llama.attention.head_count"] = new uint[] { 8, 8, 8, 8 } },
        { "DecoderValue", keys => keys["llama.attention.head_count"] = 0u },
        { "DecoderValue", keys => keys["llama.attention.head_count"] = "8" },
        { "DecoderValue", keys => keys["llama.attention.head_count_kv"] = 0u },
        { "DecoderValue", keys => keys["llama.block_count"] = ulong.MaxValue },
        { "DecoderValue", keys => keys["llama.block_count"] = -4 },
        { "DecoderValueMissing", keys => keys.Remove("llama.embedding_length") },
        { "DecoderValue", keys => keys["llama.rope.freq_base"] = double.PositiveInfinity },
        { "DecoderValue", keys => keys["llama.attention.layer_norm_rms_epsilon"] = "small" },
        { "DecoderValue", keys => keys["llama.rope.scaling.type"] = "dynamic" },
        { "BadDecoderConfig", keys => keys["llama.expert_count"] = 8u },
        { "WrongTensorShape", keys => keys["llama.attention.value_length"] = 64u },
        { "UnsupportedDecoderTrait", keys => keys["llama.attention.sliding_window"] = 64u },
        { "GgufSplitNumber", keys => keys["split.count"] = (ushort)3 },
        { "WrongTensorShape", keys => keys["llama.embedding_length"] = 512u },
        { "MissingTensor", keys => keys["llama.block_count"] = 5u },
        { "UnknownDecoderTensor", keys => keys["llama.block_count"] = 3u },
    };

    [Theory]
    [InlineData("kjv-llama")]
    [InlineData("kjv-qwen2")]
    public void A_gguf_file_of_the_stored_weights_gives_the_reference_logits(string model)
    {
        string path = Path.Combine(folder, model + ".gguf");
        using (DecoderWeights weights = TestCheckpoint.Weights(model))
            TestGguf.Write(weights, TestGguf.Metadata(weights.Config), path);
        using Decoder decoder = Decoder.Open(path, 2, default);
        foreach (ReferencePrompt prompt in Reference.Of(model).Prompts)
        {
            float worst = decoder.Logits(prompt.Ids, default).Zip(prompt.LogitsLast, (ours, theirs) => MathF.Abs(ours - theirs)).Max();
            Assert.True(worst < 1e-4, $"{prompt.Prompt}: logits differ by {worst}");
        }
    }

    [Fact]
    public void Quantized_weights_stay_quantized_in_memory()
    {
        string path = Path.Combine(folder, "q4.gguf");
        using (DecoderWeights weights = new QuantizedWeights(TestCheckpoint.Weights("kjv-llama"), GgmlType.Q4_K))
            TestGguf.Write(weights, TestGguf.Metadata(weights.Config), path);
        using Decoder decoder = Decoder.Open(path, 2, default);
        Assert.True(decoder.WeightBytes <= new FileInfo(path).Length, $"{decoder.WeightBytes:N0} bytes for a file of {new FileInfo(path).Length:N0}");
    }

    [Theory]
    [MemberData(nameof(BadMetadata))]
    public void Metadata_that_makes_no_sense_or_means_other_mathematics_is_refused(string error, Action<Dictionary<string, object>> spoil)
    {
        string path = Path.Combine(folder, "bad.gguf");
        using (DecoderWeights weights = TestCheckpoint.Weights("kjv-llama"))
        {
            Dictionary<string, object> metadata = TestGguf.Metadata(weights.Config);
            spoil(metadata);
            TestGguf.Write(weights, metadata, path);
        }

        HafsException thrown = Assert.Throws<HafsException>(() => Decoder.Open(path, 1, default));
        Assert.Equal(error, thrown.Id);
        Assert.Contains("bad.gguf", thrown.Message);
    }

    [Fact]
    public void A_file_cut_off_in_its_weights_is_refused()
    {
        string path = Path.Combine(folder, "cut.gguf");
        using (DecoderWeights weights = TestCheckpoint.Weights("kjv-llama"))
            TestGguf.Write(weights, TestGguf.Metadata(weights.Config), path);
        using (FileStream file = File.OpenWrite(path))
            file.SetLength(file.Length - 1000);
        Assert.Equal(ErrorKind.InvalidData, Assert.Throws<HafsException>(() => Decoder.Open(path, 1, default)).Kind);
    }

    [Fact]
    public void Weights_that_are_not_numbers_are_found_by_the_proof()
    {
        string path = Path.Combine(folder, "nan.gguf");
        using (DecoderWeights weights = TestCheckpoint.Weights("kjv-llama"))
            TestGguf.Write(weights, TestGguf.Metadata(weights.Config), path);
        byte[] bytes = File.ReadAllBytes(path);
        bytes.AsSpan(bytes.Length - 200_000, 100_000).Fill(0xFF);
        File.WriteAllBytes(path, bytes);
        using Decoder good = new(TestCheckpoint.Weights("kjv-llama"), 2, default), bad = Decoder.Open(path, 2, default);
        HafsException thrown = Assert.Throws<HafsException>(() => FidelityMeasurement.Compare(good, bad, new int[] { 1, 2, 3 }, default, 0, [], _ => "", default));
        Assert.Equal("NonFiniteLogits", thrown.Id);
        Assert.Contains("nan.gguf", thrown.Message);
    }

    public void Dispose() => Directory.Delete(folder, true);
}
