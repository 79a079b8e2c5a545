using System.Diagnostics;
using System.Text.Json;
using HafsModels.Architectures;
using HafsModels.Tests.Architectures;
using Xunit;

namespace HafsModels.Tests.Hafs;

public sealed class HafsCommandLineTests
{
    [Fact]
    public async Task The_straight_path_runs_from_the_command_line()
    {
        using var hafs = new HafsProcess();
        string model = hafs.CopyModel("kjv-qwen2");

        (int code, string output, string error) = await hafs.RunAsync("models", "register", model, "--role", "bible");
        Assert.True(code == 0, error);
        Assert.Contains("Registered model: kjv-qwen2", output, StringComparison.Ordinal);

        (code, output, error) = await hafs.RunAsync("models", "convert", "kjv-qwen2", "gguf", "-q", "q8_0", "--json");
        Assert.True(code == 0, error);
        JsonElement artifact = JsonElement.Parse(output);
        Assert.Equal("Q8_0", artifact.GetProperty("quantization").GetString());
        string path = artifact.GetProperty("path").GetString()!;
        Assert.Equal(new FileInfo(path).Length, artifact.GetProperty("size_bytes").GetInt64());
        Assert.Equal(model, Path.GetDirectoryName(path));
        Assert.InRange(artifact.GetProperty("fidelity").GetProperty("mean_kl_divergence").GetDouble(), 0, 0.01);

        (code, output, error) = await hafs.RunAsync("models", "deploy", "kjv-qwen2", "embedded", "-q", "Q8_0", "--name", "verses");
        Assert.True(code == 0, error);
        Assert.Contains("'verses'", output, StringComparison.Ordinal);

        (code, output, error) = await hafs.RunAsync("models", "test", "kjv-qwen2", "embedded");
        Assert.True(code == 0, error + output);
        Assert.Contains("answers like its source", output, StringComparison.Ordinal);

        (code, output, _) = await hafs.RunAsync("models", "list", "--role", "bible", "--backend", "embedded", "--json");
        Assert.Equal(0, code);
        JsonElement list = JsonElement.Parse(output);
        Assert.Equal(1, list.GetProperty("total").GetInt32());
        JsonElement record = list.GetProperty("models")[0];
        Assert.Equal(36, record.EnumerateObject().Count());
        Assert.Equal("model_id", record.EnumerateObject().First().Name);
        Assert.Equal(["embedded"], record.GetProperty("deployed_backends").EnumerateArray().Select(b => b.GetString()));

        (code, _, _) = await hafs.RunAsync("models", "delete", "kjv-qwen2");
        Assert.Equal(0, code);
        Assert.True(File.Exists(path), "files stay unless they are asked for");
        (code, _, error) = await hafs.RunAsync("models", "info", "kjv-qwen2");
        Assert.Equal(1, code);
        Assert.Contains("kjv-qwen2", error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Where_a_model_comes_from_goes_into_a_file_and_back_from_the_command_line()
    {
        using var hafs = new HafsProcess();
        string model = hafs.CopyModel("kjv-llama"), path = Path.Combine(model, "out.gguf");
        File.WriteAllText(Path.Combine(model, "README.md"), "---\nlicense: mit\nbase_model: org/first\n---\n");
        Assert.Equal(0, (await hafs.RunAsync("models", "register", model)).ExitCode);

        (int code, string output, string error) = await hafs.RunAsync(
            "models", "convert", "kjv-llama", "gguf", "-q", "Q8_0", "-o", path, "--provenance", "full", "--author", "Somebody", "--quantized-by", "me", "--skip-verification", "--json");
        Assert.True(code == 0, error);
        Assert.Equal(64, JsonElement.Parse(output).GetProperty("source_sha256").GetProperty("model.safetensors").GetString()!.Length);
        (_, output, _) = await hafs.RunAsync("gguf", "info", path, "--json");
        JsonElement metadata = JsonElement.Parse(output).GetProperty("metadata");
        Assert.Equal("kjv-llama", metadata.GetProperty("entrenar.run_id").GetString());
        Assert.Equal("model.safetensors", metadata.GetProperty("hafs.source.0.file").GetString());
        Assert.Equal("me", metadata.GetProperty("general.quantized_by").GetString());

        (code, _, error) = await hafs.RunAsync("models", "register", path, "--id", "again");
        Assert.True(code == 0, error);
        (_, output, _) = await hafs.RunAsync("models", "info", "again");
        foreach (string line in new[] { "mit", "Somebody", "org/first", "kjv" })
            Assert.Contains(line, output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_text_part_of_a_vision_model_is_converted_when_asked_for_and_proven()
    {
        using var hafs = new HafsProcess();
        string config = ModelFamilies.All.Single(f => f.Name == "llama").Data.Examples["mistral"].GetRawText();
        using var model = new GeneratedCheckpoint("LlavaForConditionalGeneration", config, "language_model.", Repository.PathOf("tests", "models", "kjv-llama"));
        (int code, _, string error) = await hafs.RunAsync("models", "convert", model.Folder, "gguf", "-q", "F32");
        Assert.Equal(5, code);
        Assert.Contains("Unsupported: vision tower", error, StringComparison.Ordinal);
        Assert.Contains("--text-only", error, StringComparison.Ordinal);
        (code, string output, error) = await hafs.RunAsync("models", "convert", model.Folder, "gguf", "-q", "F32", "--text-only", "--json");
        Assert.True(code == 0, error);
        Assert.InRange(JsonElement.Parse(output).GetProperty("fidelity").GetProperty("mean_kl_divergence").GetDouble(), 0, 1e-6);
    }

    [Fact]
    public async Task An_importance_matrix_is_measured_and_used_from_the_command_line()
    {
        using var hafs = new HafsProcess();
        string model = hafs.CopyModel("kjv-llama"), text = Path.Combine(model, "text.txt"), matrix = Path.Combine(model, "m.gguf");
        File.WriteAllText(text, string.Concat(Enumerable.Repeat("And God said, Let there be light: and there was light. ", 100)));
        (int code, string output, string error) = await hafs.RunAsync("models", "imatrix", model, text, "-o", matrix, "--json");
        Assert.True(code == 0, error);
        Assert.Equal(matrix, JsonElement.Parse(output).GetProperty("path").GetString());
        (code, output, error) = await hafs.RunAsync("models", "convert", model, "gguf", "-q", "iq1_s", "--imatrix", matrix, "--json");
        Assert.True(code == 0, error);
        Assert.Equal("IQ1_S", JsonElement.Parse(output).GetProperty("quantization").GetString());
        (code, _, error) = await hafs.RunAsync("models", "convert", model, "gguf", "-q", "iq1_s", "--force");
        Assert.Equal(2, code);
        Assert.Contains("importance matrix", error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_registry_is_cared_for_from_the_command_line()
    {
        using var hafs = new HafsProcess();
        string model = hafs.CopyModel("kjv-qwen2");
        Assert.Equal(0, (await hafs.RunAsync("models", "register", model)).ExitCode);
        Assert.Equal(0, (await hafs.RunAsync("models", "convert", "kjv-qwen2", "gguf", "-q", "q8_0", "--skip-verification")).ExitCode);
        Assert.Equal(0, (await hafs.RunAsync("models", "alias", "kjv-qwen2", "production", "--family", "kjv")).ExitCode);
        Assert.Equal(0, (await hafs.RunAsync("models", "verify", "kjv@production")).ExitCode);

        (int code, string output, string error) = await hafs.RunAsync("models", "lineage", "kjv@production", "--svg", Path.Combine(model, "lineage.svg"), "--json");
        Assert.True(code == 0, error);
        Assert.Contains(JsonElement.Parse(output).EnumerateArray(), l => l.GetProperty("relation").GetString() == "artifact");
        Assert.StartsWith("<svg", File.ReadAllText(Path.Combine(model, "lineage.svg")), StringComparison.Ordinal);

        File.AppendAllText(Directory.GetFiles(model, "*.gguf").Single(), "x");
        Assert.Equal(1, (await hafs.RunAsync("models", "verify", "kjv-qwen2")).ExitCode);

        Assert.Equal(0, (await hafs.RunAsync("registry", "check")).ExitCode);
        (code, output, _) = await hafs.RunAsync("registry", "backups", "--json");
        Assert.Equal(0, code);
        int before = JsonElement.Parse(output).GetArrayLength();
        Assert.True(before > 0);
        Assert.Equal(0, (await hafs.RunAsync("models", "delete", "kjv-qwen2")).ExitCode);
        Assert.NotEqual(0, (await hafs.RunAsync("registry", "restore")).ExitCode);
        (code, output, error) = await hafs.RunAsync("registry", "restore", "--yes");
        Assert.True(code == 0, error);
        Assert.Contains("1 added", output, StringComparison.Ordinal);
        Assert.Equal(0, (await hafs.RunAsync("models", "info", "kjv-qwen2")).ExitCode);
    }

    [Fact]
    public async Task A_damaged_deployment_fails_its_test_with_exit_code_1()
    {
        using var hafs = new HafsProcess();
        string model = hafs.CopyModel("kjv-qwen2");
        Assert.Equal(0, (await hafs.RunAsync("models", "register", model)).ExitCode);
        Assert.Equal(0, (await hafs.RunAsync("models", "deploy", "kjv-qwen2", "embedded", "-q", "Q4_0")).ExitCode);
        string file = Directory.GetFiles(model, "*.gguf").Single();
        byte[] bytes = await File.ReadAllBytesAsync(file);
        bytes[^1000] ^= 0x40;
        await File.WriteAllBytesAsync(file, bytes);

        (int code, _, string error) = await hafs.RunAsync("models", "test", "kjv-qwen2", "embedded");
        Assert.Equal(1, code);
        Assert.Contains("changed since it was deployed", error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(1, "models", "info", "nobody")]
    [InlineData(1, "models", "register", "/no/such/folder")]
    [InlineData(2, "models", "convert", "x", "gguf", "-q", "Q99")]
    [InlineData(1, "models", "no-such-verb")]
    [InlineData(1, "gguf", "info", "/no/such/file.gguf")]
    public async Task Errors_say_what_is_wrong_and_have_their_exit_code(int expected, params string[] arguments)
    {
        using var hafs = new HafsProcess();
        (int code, string output, string error) = await hafs.RunAsync(arguments);
        Assert.Equal(expected, code);
        Assert.NotEqual("", error + output);
        Assert.DoesNotContain("   at ", error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_dry_run_names_the_exact_size_and_writes_nothing()
    {
        using var hafs = new HafsProcess();
        string model = hafs.CopyModel("kjv-qwen2");
        (int code, string output, string error) = await hafs.RunAsync("models", "convert", model, "gguf", "-q", "Q6_K", "--dry-run", "--json");
        Assert.True(code == 0, error);
        long planned = JsonElement.Parse(output).GetProperty("output_bytes").GetInt64();
        Assert.Empty(Directory.GetFiles(model, "*.gguf*"));

        Assert.Equal(0, (await hafs.RunAsync("models", "convert", model, "gguf", "-q", "Q6_K", "--skip-verification")).ExitCode);
        Assert.Equal(planned, new FileInfo(Directory.GetFiles(model, "*.gguf").Single()).Length);
    }

    [Fact]
    public async Task Killing_a_conversion_at_any_moment_leaves_no_half_file_under_the_outputs_name()
    {
        using var hafs = new HafsProcess();
        string model = hafs.CopyModel("kjv-llama");
        string output = Path.Combine(model, "kjv-llama-Q6_K.gguf");
        Assert.Equal(0, (await hafs.RunAsync("models", "convert", model, "gguf", "-q", "Q6_K", "--skip-verification")).ExitCode);
        byte[] whole = await File.ReadAllBytesAsync(output);
        File.Delete(output);

        for (int i = 0; i < 8; i++)
        {
            using Process process = hafs.Start("models", "convert", model, "gguf", "-q", "Q6_K", "--skip-verification", "--force");
            await Task.Delay(100 + 40 * i);
            process.Kill();
            await process.WaitForExitAsync();
            if (File.Exists(output))
                Assert.Equal(whole, await File.ReadAllBytesAsync(output));
        }

        Assert.Equal(0, (await hafs.RunAsync("models", "convert", model, "gguf", "-q", "Q6_K", "--skip-verification", "--force")).ExitCode);
        Assert.Equal(whole, await File.ReadAllBytesAsync(output));
        Assert.Empty(Directory.GetFiles(model, "*.partial"));
    }
}
