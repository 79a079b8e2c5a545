using System.Buffers.Binary;
using System.Diagnostics;
using System.Text;
using System.Text.Json.Nodes;
using HafsModels.Architectures;
using HafsModels.Tests.Conversion;
using Xunit;

namespace HafsModels.Tests.Architectures;

public sealed class ModelFolderTests
{
    [Theory]
    [InlineData("hidden_act", "\"gelu\"", "ConfigVariant")]
    [InlineData("attention_bias", "true", "TensorsMissing")]
    [InlineData("attention_sink", "4", "ConfigKeyUnknown")]
    [InlineData("sliding_window", "4096", "ConfigVariant")]
    [InlineData("quantization_config", "{\"quant_method\":\"gptq\"}", "ConfigVariant")]
    [InlineData("rope_scaling", "{\"rope_type\":\"dynamic\",\"factor\":4}", "RopeScaling")]
    [InlineData("rope_scaling", "{\"factor\":4}", "RopeScaling")]
    [InlineData("rope_scaling", "{\"rope_type\":\"llama3\",\"factor\":8}", "ConfigValue")]
    [InlineData("architectures", "[\"LlavaForConditionalGeneration\"]", "UnknownArchitecture")]
    [InlineData("architectures", "[]", "UnknownArchitecture")]
    [InlineData("num_hidden_layers", "0", "DecoderValue")]
    [InlineData("num_hidden_layers", "1e9", "DecoderValue")]
    [InlineData("num_hidden_layers", "2.5", "DecoderValue")]
    [InlineData("num_hidden_layers", "\"4\"", "ConfigValue")]
    [InlineData("num_hidden_layers", "null", "DecoderValueMissing")]
    [InlineData("num_hidden_layers", "3", "TensorsUnknown")]
    [InlineData("num_hidden_layers", "5", "TensorsMissing")]
    [InlineData("num_key_value_heads", "3", "DecoderValue")]
    [InlineData("rms_norm_eps", "-1", "DecoderValue")]
    [InlineData("vocab_size", "2049", "TensorShape")]
    [InlineData("hidden_size", "512", "TensorShape")]
    public void A_config_that_does_not_fit_is_refused_before_anything_is_read(string key, string value, string id)
    {
        JsonObject config = JsonNode.Parse(File.ReadAllText(Repository.PathOf("tests", "models", "kjv-llama", "config.json")))!.AsObject();
        using var model = new SparseModel(config.ToJsonString(), Repository.PathOf("tests", "models", "kjv-llama"));
        config[key] = JsonNode.Parse(value);
        File.WriteAllText(Path.Combine(model.Folder, "config.json"), config.ToJsonString());

        HafsException error = Assert.Throws<HafsException>(() => ModelFolder.Open(model.Folder).Dispose());
        Assert.Equal(id, error.Id);
        Assert.Contains(model.Folder, error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("{", "ConfigJson")]
    [InlineData("[]", "ConfigJson")]
    [InlineData("{\"a\":1,\"a\":2}", "ConfigJson")]
    [InlineData("", "ConfigJson")]
    [InlineData("{\"ä\":1}", "ConfigJson")]
    [InlineData("{\"model_type\":\"\\ud800\"}", "ConfigJson")]
    public void A_damaged_config_is_refused(string text, string id)
    {
        string folder = Directory.CreateTempSubdirectory("hafs-config-").FullName;
        File.WriteAllText(Path.Combine(folder, "config.json"), text, Encoding.Latin1);
        Assert.Equal(id, Assert.Throws<HafsException>(() => ModelFolder.Open(folder)).Id);
        Directory.Delete(folder, true);
    }

    [Fact]
    public void An_unknown_architecture_is_told_the_nearest_ones()
    {
        string folder = Directory.CreateTempSubdirectory("hafs-config-").FullName;
        File.WriteAllText(Path.Combine(folder, "config.json"), "{\"architectures\":[\"Qwen4ForCausalLM\"]}");
        HafsException error = Assert.Throws<HafsException>(() => ModelFolder.Open(folder));
        Assert.StartsWith("Nearest: Qwen2ForCausalLM", error.Hint, StringComparison.Ordinal);
        Directory.Delete(folder, true);
    }

    [Fact]
    public void A_class_name_of_megabytes_is_compared_no_longer_than_another()
    {
        string folder = Directory.CreateTempSubdirectory("hafs-config-").FullName;
        File.WriteAllText(Path.Combine(folder, "config.json"), $"{{\"architectures\":[\"{new string('x', 12_000_000)}\"]}}");
        var clock = Stopwatch.StartNew();
        Assert.Equal("UnknownArchitecture", Assert.Throws<HafsException>(() => ModelFolder.Open(folder)).Id);
        Assert.True(clock.Elapsed < TimeSpan.FromSeconds(10), $"it took {clock.Elapsed}");
        Directory.Delete(folder, true);
    }

    [Fact]
    public void A_tensor_that_stands_there_with_and_without_the_familys_prefix_is_refused()
    {
        using var model = new GeneratedCheckpoint(ModelFamilies.All.Single(f => f.Name == "gpt2").Data.Examples["gpt2"].GetRawText(), Repository.PathOf("tests", "models", "kjv-llama"));
        string path = Path.Combine(model.Folder, "model.safetensors");
        byte[] file = File.ReadAllBytes(path);
        int length = (int)BinaryPrimitives.ReadUInt64LittleEndian(file);
        byte[] header = Encoding.UTF8.GetBytes(Encoding.UTF8.GetString(file, 8, length).Replace("\"h.0.ln_1.bias\"", "\"transformer.h.0.ln_1.weight\"", StringComparison.Ordinal));
        File.WriteAllBytes(path, [.. BitConverter.GetBytes((ulong)header.Length), .. header, .. file[(8 + length)..]]);

        HafsException error = Assert.Throws<HafsException>(() => ModelFolder.Open(model.Folder).Dispose());

        Assert.Equal("TensorTwice", error.Id);
        Assert.Contains("h.0.ln_1.weight and transformer.h.0.ln_1.weight are both h.0.ln_1.weight", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Llama_3_scaling_keeps_short_waves_and_stretches_long_ones()
    {
        JsonObject config = JsonNode.Parse(SparseModel.Config("LlamaForCausalLM", 1, 512, 512, 8, 8, false))!.AsObject();
        config["rope_theta"] = 500_000;
        config["rope_scaling"] = JsonNode.Parse("{\"rope_type\":\"llama3\",\"factor\":8,\"low_freq_factor\":1,\"high_freq_factor\":4,\"original_max_position_embeddings\":8192}");
        using var model = new SparseModel(config.ToJsonString(), Repository.PathOf("tests", "models", "kjv-llama"));
        using ModelFolder folder = ModelFolder.Open(model.Folder);
        ModelTensor tensor = folder.Tensors.Single(t => t.Role == "rope_freqs.weight");
        float[] factors = new float[32];
        tensor.Rows.Read(0, factors);
        Assert.Equal(1, factors[0]);
        Assert.Equal(8, factors[^1]);
        Assert.Equal(factors.Order(), factors);
        Assert.Contains(factors, f => f is > 1 and < 8);
    }
}
