using System.Text.Json.Nodes;
using HafsModels.Conversion.Onnx;
using HafsModels.Exports;
using HafsModels.Exports.Verification;
using HafsModels.Inference.Onnx;
using HafsModels.Tests.Inference.Onnx;
using Xunit;

namespace HafsModels.Tests.Exports.Onnx;

/// <summary>ONNX as a format of exports: written by the same table as the others, looked into, and found broken when it is.</summary>
public sealed class OnnxFormatTests
{
    private static string Model => Repository.PathOf("tests", "models", "kjv-llama");

    [SkippableFact]
    public void An_export_is_written_looked_into_and_runs()
    {
        _ = Peers.OnnxRuntime;
        string output = Directory.CreateTempSubdirectory("hafs-onnx-").FullName;
        try
        {
            ExportResult result = Assert.Single(new Workbench(Path.Combine(output, "registry.json")).Export(
                new ExportRequest { Path = Model, Formats = ["onnx"], OnnxDataTypes = ["q4", "q4f16"], OutputPath = output, Threads = 2 }, null, default));
            Assert.True(result.Success, result.Message);
            Assert.Equal(["graphs", "config", "tokenizer", "run"], result.VerificationDetails!.Checks.Select(c => c.Name));
            Assert.Contains(result.Artifacts, a => a.EndsWith("model_q4f16.onnx_data", StringComparison.Ordinal));

            // The folder alone says which format it is; beside its source, both are compared.
            ExportVerification again = Workbench.TestExport(result.OutputPath, new ExportTestOptions { SourcePath = Model, Threads = 2 }, null, default);
            Assert.True(again.Passed, again.Problem);
            Assert.Equal("Onnx", again.Format);
            Assert.Equal(2, again.Runtime.Count);
            Assert.All(again.Runtime, r => Assert.InRange(r.Fidelity.Top1Agreement, 0.7, 1));
            Assert.Equal("In the beginning", again.SamplePrompt);
        }
        finally
        {
            Directory.Delete(output, recursive: true);
        }
    }

    [Theory]
    [InlineData("graphs")]
    [InlineData("config")]
    [InlineData("missing")]
    public void What_is_broken_is_found(string broken)
    {
        using var exported = new OnnxExports(Model, new OnnxRequest { DataTypes = ["fp32"] });
        string data = Path.Combine(exported.Folder, "onnx", "model.onnx_data"), config = Path.Combine(exported.Folder, "config.json");
        if (broken == "graphs")
        {
            using FileStream file = File.OpenWrite(data);
            file.SetLength(file.Length - 100);
        }
        else if (broken == "config")
        {
            JsonNode json = JsonNode.Parse(File.ReadAllText(config))!;
            json["transformers.js_config"]!["use_external_data_format"]!["model.onnx"] = 2;
            File.WriteAllText(config, json.ToJsonString());
        }
        else
        {
            File.Delete(data);
        }

        ExportVerification found = Workbench.TestExport(exported.Folder, new ExportTestOptions { Format = "Onnx", SkipRun = true }, null, default);
        Assert.False(found.Passed);
        Assert.StartsWith(broken, found.Problem, StringComparison.Ordinal);
    }

    [Fact]
    public void An_unknown_provider_is_refused_with_those_there_are()
    {
        HafsException error = Assert.Throws<HafsException>(() => OnnxProvider.Get("Npu"));
        Assert.Contains("Cpu, Cuda, DirectMl, WebGpu", error.Message, StringComparison.Ordinal);
    }
}
