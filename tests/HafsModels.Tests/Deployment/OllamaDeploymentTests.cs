using System.Diagnostics;
using System.Text.Json;
using HafsModels.Deployment;
using HafsModels.Deployment.Ollama;
using HafsModels.Registry;
using Xunit;

namespace HafsModels.Tests.Deployment;

/// <summary>Deployments on Ollama, against a double whose protocol the real client of npm is driven against as well.</summary>
public sealed class OllamaDeploymentTests : IDisposable
{
    private readonly DeploymentFolder folder = new();
    private readonly OllamaDouble ollama;

    public OllamaDeploymentTests() => ollama = OllamaDouble.Start(folder.Path);

    [Fact]
    public async Task A_model_is_sent_made_proven_and_deleted_and_a_blob_that_is_there_is_not_sent_again()
    {
        folder.Register("kjv-llama");
        var seen = new List<WorkProgress>();
        ModelDeployment deployment = await folder.Workbench.PublishAsync(Request() with { System = "Speak as a prophet", Server = new ServerOptions { ContextLength = 512 } }, new Heard(seen), default);
        Assert.Equal("http://127.0.0.1:", deployment.Endpoint[..17]);
        Assert.Equal("verses", folder.Workbench.Get("kjv-llama").OllamaModelName);
        Assert.Equal(["verses:latest"], ollama.Models);
        Assert.Equal("Speak as a prophet", (string?)ollama.Created!["system"]);
        Assert.Equal(512, ollama.Created["parameters"]!["num_ctx"]!.GetValue<int>());
        Assert.Contains("<|im_end|>", ollama.Created["parameters"]!["stop"]!.AsArray().Select(s => (string?)s));
        Assert.Contains(seen, p => p.CompletedBytes == p.TotalBytes && p.TotalBytes > 3_000_000);
        Assert.Contains(seen, p => p.Status == "success");

        DeploymentTest test = await folder.Workbench.TestAsync(new TestRequest { ModelId = "kjv-llama", Backend = "ollama" }, null, default);
        Assert.True(test.Passed, test.Message);
        Assert.True(test.TemplateMatches);
        Assert.InRange(test.TokenAgreement, 0.95, 1);
        Assert.InRange(test.MeanLogProbDifference!.Value, 0, 0.02);
        Assert.True(test.MemoryBytes > 3_000_000);
        Assert.True(test.TokensPerSecond > 0);

        int sent = ollama.Requests.Count(r => r.StartsWith("POST /api/blobs/", StringComparison.Ordinal));
        await folder.Workbench.PublishAsync(Request(), null, default);
        Assert.Equal((1, 1), (sent, ollama.Requests.Count(r => r.StartsWith("POST /api/blobs/", StringComparison.Ordinal))));

        UnpublishResult ended = Assert.Single(await folder.Workbench.UnpublishAsync(new UnpublishRequest { ModelId = "kjv-llama" }, null, default));
        Assert.Contains("was deleted", ended.Message, StringComparison.Ordinal);
        Assert.Empty(ollama.Models);
        Assert.Null(folder.Workbench.Get("kjv-llama").OllamaModelName);
    }

    [Fact]
    public async Task A_server_with_a_template_of_its_own_is_caught_through_its_answers()
    {
        folder.Register("kjv-llama");
        await folder.Workbench.PublishAsync(Request(), null, default);
        ollama.OwnTemplate = "{{ .Prompt }}";
        DeploymentTest test = await folder.Workbench.TestAsync(new TestRequest { ModelId = "kjv-llama" }, null, default);
        Assert.False(test.Passed);
        Assert.False(test.TemplateMatches);
        Assert.Contains("wrong template", test.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_name_that_somebody_else_has_is_left_alone_unless_forced()
    {
        folder.Register("kjv-llama");
        folder.Register("kjv-qwen2");
        await folder.Workbench.PublishAsync(Request(), null, default);
        PublishRequest other = Request() with { ModelId = "kjv-qwen2" };
        HafsException taken = await Assert.ThrowsAsync<HafsException>(() => folder.Workbench.PublishAsync(other, null, default));
        Assert.Equal((ErrorKind.AlreadyExists, "NameTaken"), (taken.Kind, taken.Id));
        Assert.Empty(folder.Workbench.Get("kjv-qwen2").Deployments);
        Assert.Equal("kjv-qwen2", (await folder.Workbench.PublishAsync(other with { Force = true }, null, default)).ModelId);
        Assert.Equal("NameInvalid", (await Assert.ThrowsAsync<HafsException>(() => folder.Workbench.PublishAsync(other with { Name = "a b" }, null, default))).Id);
    }

    [Fact]
    public async Task The_backend_quantizes_what_is_not_quantized_and_nothing_else()
    {
        folder.Register("kjv-llama", "F16");
        ModelDeployment deployment = await folder.Workbench.PublishAsync(Request() with { BackendQuantization = "Q4_K_M" }, null, default);
        Assert.Equal("q4_K_M", (string?)ollama.Created!["quantize"]);
        Assert.Equal("q4_K_M", deployment.Quantization);
        Assert.Equal("UnknownQuantization", (await Assert.ThrowsAsync<HafsException>(() => folder.Workbench.PublishAsync(Request() with { BackendQuantization = "q5_0" }, null, default))).Id);
        folder.Register("kjv-qwen2");
        Assert.Equal("AlreadyQuantized", (await Assert.ThrowsAsync<HafsException>(
            () => folder.Workbench.PublishAsync(Request() with { ModelId = "kjv-qwen2", Name = "q", BackendQuantization = "q8_0" }, null, default))).Id);
    }

    [Theory]
    [InlineData("POST /api/create", "{\"status\":\"parsing GGUF\"}\n{\"error\":\"no space left on device\"}\n", 200, "BackendFailed")]
    [InlineData("POST /api/create", "{\"status\":\"parsing GGUF\"}\n", 200, "BackendAnswerUnexpected")]
    [InlineData("POST /api/create", "{\"error\":\"the moon\"}", 500, "BackendFailed")]
    [InlineData("POST /api/generate", "{\"error\":\"model runner has unexpectedly stopped\"}", 500, "BackendFailed")]
    [InlineData("POST /api/generate", "{\"response\":\"a\",\"done\":false}\n", 200, "BackendAnswerUnexpected")]
    [InlineData("HEAD /api/blobs", "", 500, "BackendFailed")]
    [InlineData("POST /api/blobs", "{\"error\":\"digest mismatch\"}", 400, "BackendRefused")]
    [InlineData("POST /api/blobs", null, 0, "BackendUnreachable")]
    [InlineData("GET /api/version", "404 page not found", 404, "BackendNotFound")]
    public async Task Whatever_goes_wrong_there_is_told_and_nothing_is_left_or_recorded(string route, string? body, int status, string id)
    {
        folder.Register("kjv-llama");
        ollama.Before = async context =>
        {
            if (!$"{context.Request.HttpMethod} {context.Request.Url!.AbsolutePath}".StartsWith(route, StringComparison.Ordinal))
                return false;
            if (body is null)
            {
                await context.Request.InputStream.ReadExactlyAsync(new byte[1000]);
                ollama.Break();
            }
            else if (body.Length == 0)
            {
                context.Response.StatusCode = status;
            }
            else
            {
                await context.Request.InputStream.CopyToAsync(Stream.Null);
                await HttpDouble.WriteAsync(context, status, body, status == 200 ? "application/x-ndjson" : "application/json");
            }

            return true;
        };
        HafsException error = await Assert.ThrowsAsync<HafsException>(() => folder.Workbench.PublishAsync(Request(), null, default));
        Assert.Equal(id, error.Id);
        Assert.Empty(ollama.Models);
        Assert.Empty(folder.Workbench.Get("kjv-llama").Deployments);
        Assert.Null(folder.Workbench.Get("kjv-llama").OllamaModelName);
    }

    [Theory]
    [InlineData(null, "http://127.0.0.1:11434/")]
    [InlineData("", "http://127.0.0.1:11434/")]
    [InlineData("0.0.0.0", "http://127.0.0.1:11434/")]
    [InlineData("0.0.0.0:8080", "http://127.0.0.1:8080/")]
    [InlineData(":8080", "http://127.0.0.1:8080/")]
    [InlineData("rig", "http://rig:11434/")]
    [InlineData("rig:80", "http://rig/")]
    [InlineData("http://rig", "http://rig/")]
    [InlineData("https://models.example.org", "https://models.example.org/")]
    [InlineData("https://models.example.org/ollama", "https://models.example.org/ollama")]
    [InlineData("[::1]:5000", "http://[::1]:5000/")]
    [InlineData("[::1]", "http://[::1]:11434/")]
    public void The_host_is_read_as_ollama_reads_it(string? host, string expected) => Assert.Equal(expected, OllamaAddress.Parse(host).AbsoluteUri);

    [Theory]
    [InlineData("rig:port")]
    [InlineData("rig:99999")]
    [InlineData("ftp://rig")]
    public void A_host_that_is_no_address_is_refused(string host) => Assert.Equal("EndpointInvalid", Assert.Throws<HafsException>(() => OllamaAddress.Parse(host)).Id);

    [SkippableFact]
    public async Task The_real_client_of_npm_understands_every_answer_of_the_double()
    {
        Artifact artifact = folder.Register("kjv-llama");
        string modules = Peers.NodePeers;
        await folder.Workbench.PublishAsync(Request(), null, default);
        var start = new ProcessStartInfo("node", [Repository.PathOf("tests", "peers", "ollama-client.mjs"), ollama.Endpoint.AbsoluteUri.TrimEnd('/'), "verses", "sha256:" + artifact.Sha256, modules])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        using Process process = Process.Start(start)!;
        Task<string> errors = process.StandardError.ReadToEndAsync();
        using var limit = new CancellationTokenSource(TimeSpan.FromMinutes(1));
        using CancellationTokenRegistration kill = limit.Token.Register(() => process.Kill());
        string output = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        Assert.True(process.ExitCode == 0, output + await errors);
        using JsonDocument document = JsonDocument.Parse(output);
        JsonElement root = document.RootElement;
        Assert.Equal("0.33.0", root.GetProperty("version").GetString());
        Assert.Equal("verses:latest", root.GetProperty("list")[0].GetString());
        Assert.Equal((string?)ollama.Models.Single(), root.GetProperty("running")[0][0].GetString());
        Assert.Contains("im_start", root.GetProperty("template").GetString(), StringComparison.Ordinal);
        Assert.Contains("<|im_end|>", root.GetProperty("parameters").GetString(), StringComparison.Ordinal);
        Assert.Equal("llama", root.GetProperty("architecture").GetString());
        JsonElement generated = root.GetProperty("generate");
        Assert.Equal(8, generated.GetProperty("count").GetInt32());
        Assert.Equal(8, generated.GetProperty("logprobs").GetArrayLength());
        Assert.Equal(generated.GetProperty("text").GetString(), root.GetProperty("streamed").GetProperty("text").GetString());
        Assert.Equal(9, root.GetProperty("streamed").GetProperty("pieces").GetInt32());
        Assert.Equal("assistant", root.GetProperty("chat").GetProperty("role").GetString());
        Assert.Equal(root.GetProperty("chat").GetProperty("text").GetString(), root.GetProperty("chatStreamed").GetString());
        Assert.Equal("success", root.GetProperty("create").EnumerateArray().Last().GetString());
        Assert.Equal("success", root.GetProperty("copy").GetString());
        Assert.Equal("Be long", root.GetProperty("system").GetString());
        Assert.StartsWith("404 model 'by-client' not found", root.GetProperty("missing").GetString(), StringComparison.Ordinal);
        Assert.StartsWith("404", root.GetProperty("missingDelete").GetString(), StringComparison.Ordinal);
        Assert.Equal("blob not found", root.GetProperty("missingBlob").GetString());
    }

    public void Dispose()
    {
        ollama.Dispose();
        folder.Dispose();
    }

    private PublishRequest Request() => new() { ModelId = "kjv-llama", Backend = "Ollama", Name = "verses", Endpoint = ollama.Endpoint };

    private sealed class Heard(List<WorkProgress> seen) : IProgress<WorkProgress>
    {
        public void Report(WorkProgress value)
        {
            lock (seen)
                seen.Add(value);
        }
    }
}
