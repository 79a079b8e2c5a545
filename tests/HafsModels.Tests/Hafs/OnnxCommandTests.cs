using System.Text.Json;
using Xunit;

namespace HafsModels.Tests.Hafs;

public class OnnxCommandTests
{
    [Fact]
    public async Task A_registered_model_is_planned_exported_recorded_and_looked_into()
    {
        using var hafs = new HafsProcess();
        string model = hafs.CopyModel("kjv-llama"), folder = Path.Combine(hafs.Folder, "onnx-out");
        Assert.Equal(0, (await hafs.RunAsync("models", "register", model)).ExitCode);

        (int code, string output, _) = await hafs.RunAsync("models", "convert-onnx", "kjv-llama", "-d", "q4,fp32", "-o", folder, "--asymmetric", "--dry-run", "--json");
        Assert.Equal(0, code);
        Assert.False(Directory.Exists(folder));
        using JsonDocument plan = JsonDocument.Parse(output);

        (code, output, string error) = await hafs.RunAsync("models", "convert-onnx", "kjv-llama", "-d", "q4", "-d", "fp32", "-o", folder, "--asymmetric", "--skip-verification", "--json");
        Assert.True(code == 0, error);
        using JsonDocument artifacts = JsonDocument.Parse(output);
        Assert.Equal(["q4", "fp32"], artifacts.RootElement.EnumerateArray().Select(a => a.GetProperty("quantization").GetString()));
        Assert.Equal(
            plan.RootElement.GetProperty("models").EnumerateArray().Select(m => m.GetProperty("bytes").GetInt64()),
            artifacts.RootElement.EnumerateArray().Select(a => a.GetProperty("size_bytes").GetInt64()));
        Assert.Equal(["onnx", "onnx"], new Workbench(hafs.Registry).Get("kjv-llama").Artifacts.Select(a => a.Format));
        Assert.Equal(0, (await hafs.RunAsync("models", "test-export", folder, "--skip-run")).ExitCode);
        Assert.NotEqual(0, (await hafs.RunAsync("models", "convert-onnx", "kjv-llama", "-d", "q4", "-o", folder)).ExitCode);
        Assert.NotEqual(0, (await hafs.RunAsync("models", "convert-onnx", "kjv-llama", "-d", "bnb4", "--backend", "WebGpu", "-o", folder)).ExitCode);
    }
}
