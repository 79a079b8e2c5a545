using System.Text.Json.Nodes;
using HafsModels.Architectures;
using HafsModels.Conversion.Onnx;
using HafsModels.Formats.Onnx;
using HafsModels.Tensors;
using HafsModels.Tests.Architectures;
using HafsModels.Tests.Inference.Onnx;
using Xunit;

namespace HafsModels.Tests.Conversion.Onnx;

/// <summary>What an ONNX export plans, refuses and says, without any runtime.</summary>
public sealed class OnnxJobTests
{
    private static string Model => Repository.PathOf("tests", "models", "kjv-llama");

    [Theory]
    [InlineData(2_000_000_000L, 1)]
    [InlineData(200_000L, 5)]
    public void External_data_lies_in_chunks_within_the_limit_each_tensor_in_its_own_place(long limit, int fewest)
    {
        using var exported = new OnnxExports(Model, new OnnxRequest { DataTypes = ["q4"], Options = new OnnxExportOptions { MaxChunkBytes = limit, QuantizeEmbedding = true, Asymmetric = true } });
        ModelProto model = ModelProto.Parser.ParseFrom(File.ReadAllBytes(exported.Graph("q4")));
        var places = model.Graph.Initializer.Where(t => t.ExternalData.Count > 0).Select(t => t.ExternalData.ToDictionary(e => e.Key, e => e.Value))
            .Select(p => (File: p["location"], Offset: long.Parse(p["offset"], null), Length: long.Parse(p["length"], null))).ToArray();
        string[] files = [.. places.Select(p => p.File).Distinct()];
        Assert.InRange(files.Length, fewest, 100);
        Assert.Equal([.. Enumerable.Range(0, files.Length).Select(i => i == 0 ? "model_q4.onnx_data" : $"model_q4.onnx_data_{i}")], files);
        JsonNode config = JsonNode.Parse(File.ReadAllText(Path.Combine(exported.Folder, "config.json")))!;
        Assert.Equal(files.Length, (int)config["transformers.js_config"]!["use_external_data_format"]!["model_q4.onnx"]!);
        foreach (string file in files)
        {
            long end = 0, size = new FileInfo(Path.Combine(exported.Folder, "onnx", file)).Length;
            var inFile = places.Where(p => p.File == file).OrderBy(p => p.Offset).ToArray();
            Assert.True(size <= limit || inFile.Length <= 3, $"{file} has {size} bytes");
            foreach ((_, long offset, long length) in inFile)
            {
                Assert.Equal(0, offset % 64);
                Assert.InRange(offset, end, size - length);
                end = offset + length;
            }
        }
    }

    [Fact]
    public void A_softcap_in_attention_is_a_warning_and_an_error_where_WebGpu_is_asked_for()
    {
        using GeneratedCheckpoint checkpoint = Generate("gemma2", _ => { });
        using (OnnxJob job = OnnxJob.Open(new OnnxRequest(), new ModelSource(checkpoint.Folder)))
            Assert.Contains(job.Summary.Warnings, w => w.Contains("softcap", StringComparison.Ordinal) && w.Contains("WASM", StringComparison.Ordinal));
        using (OnnxJob job = OnnxJob.Open(new OnnxRequest { Backends = [OnnxBackend.Wasm] }, new ModelSource(checkpoint.Folder)))
            Assert.DoesNotContain(job.Summary.Warnings, w => w.Contains("softcap", StringComparison.Ordinal));
        HafsException refused = Assert.Throws<HafsException>(() => OnnxJob.Open(new OnnxRequest { Backends = [OnnxBackend.WebGpu] }, new ModelSource(checkpoint.Folder)));
        Assert.Equal("OnnxBackendLimit", refused.Id);
        Assert.Contains("WASM and native processors compute it", refused.Message, StringComparison.Ordinal);
        Assert.Empty(Directory.GetDirectories(checkpoint.Folder));
    }

    [Fact]
    public void More_than_four_gigabytes_are_refused_for_WASM_and_more_than_two_are_a_warning()
    {
        using GeneratedCheckpoint checkpoint = Generate("llama", c => (c["vocab_size"], c["hidden_size"], c["tie_word_embeddings"]) = (600_000, 2048, true), seed: null);
        OnnxRequest Request(string type, params OnnxBackend[] backends) => new() { DataTypes = [type], Backends = backends };
        Assert.Equal("OnnxBackendLimit", Assert.Throws<HafsException>(() => OnnxJob.Open(Request("fp32", OnnxBackend.Wasm), new ModelSource(checkpoint.Folder))).Id);
        using OnnxJob large = OnnxJob.Open(Request("fp32"), new ModelSource(checkpoint.Folder)), half = OnnxJob.Open(Request("fp16", OnnxBackend.Wasm), new ModelSource(checkpoint.Folder));
        Assert.Contains(large.Summary.Warnings, w => w.Contains("more than 4 GiB", StringComparison.Ordinal));
        Assert.Contains(large.Summary.Warnings, w => w.Contains("token_embd.weight alone", StringComparison.Ordinal));
        Assert.Contains(half.Summary.Warnings, w => w.Contains("more than 2 GiB", StringComparison.Ordinal));
    }

    [Fact]
    public void Weights_beyond_half_precision_are_cut_off_and_named()
    {
        var range = new HalfRange();
        float[] numbers = new float[40];
        numbers[3] = 70000;
        numbers[37] = -1e6f;
        float[] read = new float[40];
        new HalfRangeRows(new ComputedRows(numbers), "blk.0.ffn_down.weight", range).Read(0, read);
        Assert.Equal(65504, read[3]);
        Assert.Equal(-65504, read[37]);
        Assert.Equal(38, read.Count(n => n == 0));
        Assert.Contains("blk.0.ffn_down.weight (up to 1E+06)", range.Warning, StringComparison.Ordinal);
        Assert.Null(new HalfRange().Warning);
    }

    [Fact]
    public void A_type_that_is_added_later_leaves_the_others_in_the_config()
    {
        using var exported = new OnnxExports(Model, new OnnxRequest { DataTypes = ["q4"] });
        using (OnnxJob job = OnnxJob.Open(new OnnxRequest { DataTypes = ["fp16"], OutputPath = exported.Folder }, new ModelSource(Model)))
            job.Run(2, null, default);
        JsonNode section = JsonNode.Parse(File.ReadAllText(Path.Combine(exported.Folder, "config.json")))!["transformers.js_config"]!;
        Assert.Equal(["model_q4.onnx", "model_fp16.onnx"], section["use_external_data_format"]!.AsObject().Select(s => s.Key));
        Assert.Equal("float16", (string?)section["kv_cache_dtype"]!["fp16"]);
    }

    [Fact]
    public void The_source_is_never_the_output()
    {
        Assert.Equal("OutputIsSource", Assert.Throws<HafsException>(() => OnnxJob.Open(new OnnxRequest { OutputPath = Model }, new ModelSource(Model))).Id);
        Assert.Equal("GenAiOneDataType", Assert.Throws<HafsException>(() => OnnxJob.Open(new OnnxRequest { DataTypes = ["q4", "fp16"], Layout = OnnxLayout.GenAi }, new ModelSource(Model))).Id);
        Assert.Equal("UnknownOnnxDataType", Assert.Throws<HafsException>(() => OnnxJob.Open(new OnnxRequest { DataTypes = ["q5"] }, new ModelSource(Model))).Id);
        Assert.Equal("OnnxBlockSize", Assert.Throws<HafsException>(() => OnnxJob.Open(new OnnxRequest { Options = new OnnxExportOptions { BlockSize = 48 } }, new ModelSource(Model))).Id);
    }

    [Fact]
    public void Onnxruntime_genai_is_told_the_names_and_sizes_of_the_graph()
    {
        using var exported = new OnnxExports(Repository.PathOf("tests", "models", "kjv-qwen2"), new OnnxRequest { DataTypes = ["fp32"], Layout = OnnxLayout.GenAi });
        JsonNode model = JsonNode.Parse(File.ReadAllText(Path.Combine(exported.Folder, "genai_config.json")))!["model"]!, decoder = model["decoder"]!;
        GraphProto graph = ModelProto.Parser.ParseFrom(File.ReadAllBytes(Path.Combine(exported.Folder, (string)decoder["filename"]!))).Graph;
        int layers = (int)decoder["num_hidden_layers"]!;
        IEnumerable<string> Named(string section, string key) => Enumerable.Range(0, layers).Select(i => ((string)decoder[section]![key]!).Replace("%d", $"{i}", StringComparison.Ordinal));
        Assert.Equal(
            graph.Input.Select(i => i.Name).Order(),
            new[] { "input_ids", "attention_mask" }.Concat(Named("inputs", "past_key_names")).Concat(Named("inputs", "past_value_names")).Order());
        Assert.Equal(graph.Output.Select(o => o.Name).Order(), new[] { "logits" }.Concat(Named("outputs", "present_key_names")).Concat(Named("outputs", "present_value_names")).Order());
        Assert.Equal(graph.Input.Single(i => i.Name == "past_key_values.0.key").Type.TensorType.Shape.Dim[1].DimValue, (long)decoder["num_key_value_heads"]!);
        Assert.Equal(graph.Input.Single(i => i.Name == "past_key_values.0.key").Type.TensorType.Shape.Dim[3].DimValue, (long)decoder["head_size"]!);
    }

    private static GeneratedCheckpoint Generate(string family, Action<JsonObject> change, int? seed = 1)
    {
        JsonObject config = JsonNode.Parse(ModelFamilies.All.Single(f => f.Name == family).Data.Examples[family].GetRawText())!.AsObject();
        change(config);
        return new GeneratedCheckpoint(config.ToJsonString(), Model, seed);
    }
}
