using System.Text.Json;
using Xunit;

namespace HafsModels.Tests.Hafs;

public class ExportCommandTests
{
    [Fact]
    public async Task Exports_are_planned_written_recorded_tested_and_found_broken()
    {
        using var hafs = new HafsProcess();
        string model = hafs.CopyModel("kjv-llama"), root = Path.Combine(hafs.Folder, "out"), ollama = Path.Combine(root, "kjv-llama", "ollama");
        Assert.Equal(0, (await hafs.RunAsync("models", "register", model)).ExitCode);

        (int code, string output, _) = await hafs.RunAsync("models", "export", "kjv-llama", "ollama,gguf", "-q", "Q8_0,Q4_0", "-o", root, "--dry-run", "--json");
        Assert.Equal(0, code);
        using JsonDocument plan = JsonDocument.Parse(output);
        Assert.False(Directory.Exists(root));

        (code, output, string error) = await hafs.RunAsync("models", "export", "kjv-llama", "ollama,gguf", "-q", "Q8_0", "-q", "q4_0", "-o", root, "--system", "Be brief.", "--parameter", "seed=7", "--json");
        Assert.True(code == 0, error);
        using JsonDocument results = JsonDocument.Parse(output);
        JsonElement first = results.RootElement[0];
        Assert.True(first.GetProperty("success").GetBoolean());
        Assert.True(first.GetProperty("verification_passed").GetBoolean());
        Assert.Equal(ollama, first.GetProperty("output_path").GetString());
        Assert.Contains("PARAMETER seed 7\n", File.ReadAllText(Path.Combine(ollama, "Modelfile")), StringComparison.Ordinal);
        Assert.Equal(plan.RootElement[1].GetProperty("size_bytes").GetInt64(), results.RootElement[1].GetProperty("size_bytes").GetInt64());
        Assert.Equal(4, new Workbench(hafs.Registry).Get("kjv-llama").Artifacts.Count);

        // Nothing has changed; then something has, and testing says so with its exit code.
        (code, output, _) = await hafs.RunAsync("models", "export", "kjv-llama", "ollama,gguf", "-q", "Q8_0", "-q", "q4_0", "-o", root, "--system", "Be brief.", "--parameter", "seed=7");
        Assert.Equal(0, code);
        Assert.Contains("unchanged", output, StringComparison.Ordinal);
        Assert.Equal(0, (await hafs.RunAsync("models", "test-export", ollama)).ExitCode);
        File.Delete(Path.Combine(ollama, "INSTALL.md"));
        (code, output, _) = await hafs.RunAsync("models", "test-export", ollama, "--json");
        Assert.Equal(1, code);
        using JsonDocument test = JsonDocument.Parse(output);
        Assert.Equal("INSTALL.md", test.RootElement.GetProperty("missing_required_files")[0].GetString());
    }

    [Theory]
    [InlineData(2, "zip")]
    [InlineData(2, "gguf", "-q", "Q99")]
    [InlineData(2, "gguf", "--parameter", "seed")]
    [InlineData(2, "ollama", "--parameter", "sead=1")]
    public async Task Wrong_arguments_exit_with_their_code(int expected, params string[] arguments)
    {
        using var hafs = new HafsProcess();

        Assert.Equal(expected, (await hafs.RunAsync(["models", "export", Repository.PathOf("tests", "models", "kjv-llama"), .. arguments, "-o", hafs.Folder])).ExitCode);
    }
}
