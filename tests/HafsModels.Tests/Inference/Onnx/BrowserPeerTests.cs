using System.Text.Json.Nodes;
using HafsModels.Architectures;
using HafsModels.Conversion.Onnx;
using HafsModels.Inference.Onnx;
using HafsModels.Inference.Onnx.Browser;
using HafsModels.Tests.Architectures;
using Xunit;
using Xunit.Abstractions;

namespace HafsModels.Tests.Inference.Onnx;

/// <summary>A real Chromium with the real Transformers.js, versions 4 and 3, runs an export and chooses the tokens that ONNX Runtime chooses natively.</summary>
public sealed class BrowserPeerTests(BrowserPeerTests.Export export, ITestOutputHelper output) : IClassFixture<BrowserPeerTests.Export>
{
    private const string Prompt = "In the beginning God created";

    /// <summary>One export of each model for all.</summary>
    public sealed class Export : IDisposable
    {
        private static readonly OnnxRequest Request = new() { DataTypes = ["fp32", "q4", "q4f16"], Options = new OnnxExportOptions { AccuracyLevel = 0 } };

        private readonly Lazy<OnnxExports> trained = new(() => new OnnxExports(Repository.PathOf("tests", "models", "kjv-llama"), Request));

        // WebGPU without a graphics card takes seconds for a token of the trained one.
        private readonly Lazy<OnnxExports> generated = new(() =>
        {
            JsonObject config = JsonNode.Parse(ModelFamilies.All.Single(f => f.Name == "llama").Data.Examples["llama"].GetRawText())!.AsObject();
            config["num_hidden_layers"] = 2;
            using var checkpoint = new GeneratedCheckpoint(config.ToJsonString(), Repository.PathOf("tests", "models", "kjv-llama"));
            return new OnnxExports(checkpoint.Folder, Request);
        });

        internal OnnxExports For(string device) => device == "wasm" ? trained.Value : generated.Value;

        public void Dispose()
        {
            foreach (Lazy<OnnxExports> one in (Lazy<OnnxExports>[])[trained, generated])
            {
                if (one.IsValueCreated)
                    one.Value.Dispose();
            }
        }
    }

    [SkippableTheory]
    [InlineData(4, "wasm", "q4,q4f16,fp32")]
    [InlineData(4, "webgpu", "fp32,q4")]
    [InlineData(3, "wasm", "q4f16,q4,fp32")]
    [InlineData(3, "webgpu", "fp32,q4")]
    public async Task Chromium_chooses_the_tokens_that_onnxruntime_chooses(int version, string device, string types)
    {
        string runtime = Peers.OnnxRuntime, browser = Peers.Browser, library = Peers.TransformersJs(version);
        int count = device == "wasm" ? 16 : 4;
        string picture = Path.Combine(Repository.PathOf("out", "browser"), $"transformers-{version}-{device}.png");
        IReadOnlyList<BrowserResult> results = await BrowserTest.RunAsync(
            new BrowserRequest { Folder = export.For(device).Folder, DataTypes = types.Split(','), Device = device, Prompt = Prompt, MaxTokens = count, LibraryFolder = library, BrowserPath = browser, ScreenshotPath = picture, Timeout = TimeSpan.FromMinutes(3) },
            null,
            default);
        Assert.Equal(types.Split(','), results.Select(r => r.DataType));
        using OnnxRuntimeLibrary native = OnnxRuntimeLibrary.Load(runtime);
        foreach (BrowserResult result in results)
        {
            output.WriteLine($"Transformers.js {result.LibraryVersion}, {device}, {result.DataType}: {result.TokensPerSecond:F1} tokens/s, first after {result.FirstTokenMilliseconds:F0} ms, loaded in {result.LoadMilliseconds:F0} ms, {result.MemoryBytes:N0} bytes, {result.Threads} threads, {result.Adapter}: {result.Text}{result.Error}");
            Assert.Equal("", result.Error);
            Assert.StartsWith($"{version}.", result.LibraryVersion, StringComparison.Ordinal);
            using OnnxDecoder decoder = OnnxDecoder.Open(native, export.For(device).Graph(result.DataType), threads: 2);
            Assert.Equal(Reference.Of("kjv-llama").Prompts.Single(p => p.Prompt == Prompt).Ids, result.PromptTokens);
            Assert.Equal(OnnxMeasurement.Generate(decoder, [.. result.PromptTokens], count, [], default).Tokens, result.Tokens);
        }

        Assert.Equal(0x89504E47u, System.Buffers.Binary.BinaryPrimitives.ReadUInt32BigEndian(await File.ReadAllBytesAsync(picture)));
    }

    [SkippableFact]
    public async Task Half_precision_without_shader_f16_is_said_by_the_page()
    {
        IReadOnlyList<BrowserResult> results = await BrowserTest.RunAsync(
            new BrowserRequest { Folder = export.For("webgpu").Folder, DataTypes = ["q4f16"], Device = "webgpu", LibraryFolder = Peers.TransformersJs(4), BrowserPath = Peers.Browser, Timeout = TimeSpan.FromMinutes(2) }, null, default);
        BrowserResult result = Assert.Single(results);
        Skip.If(result.HalfPrecision, "this graphics card has shader-f16");
        Assert.False(result.Ran);
        Assert.Contains("shader-f16", result.Error, StringComparison.Ordinal);
    }
}
