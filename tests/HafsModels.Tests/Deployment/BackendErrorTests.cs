using System.Text.Json.Nodes;
using HafsModels.Deployment;
using HafsModels.Registry;
using Xunit;

namespace HafsModels.Tests.Deployment;

/// <summary>Backends that are down, refuse, fail, are slow or break off.</summary>
public sealed class BackendErrorTests : IDisposable
{
    private readonly DeploymentFolder folder = new();

    [Theory]
    [InlineData(400, ErrorKind.InvalidArgument, "BackendRefused")]
    [InlineData(401, ErrorKind.PermissionDenied, "BackendDenied")]
    [InlineData(404, ErrorKind.NotFound, "BackendNotFound")]
    [InlineData(409, ErrorKind.Conflict, "BackendConflict")]
    [InlineData(413, ErrorKind.ResourceExhausted, "BackendFull")]
    [InlineData(500, ErrorKind.Unavailable, "BackendFailed")]
    [InlineData(507, ErrorKind.ResourceExhausted, "BackendFull")]
    public async Task A_status_becomes_an_error_with_what_the_backend_said(int status, ErrorKind kind, string id)
    {
        using var backend = new HttpDouble(c => HttpDouble.WriteAsync(c, status, """{"error":{"message":"the moon is in the way"}}"""));
        HafsException error = await FailsAsync(backend.Endpoint);
        Assert.Equal((kind, id), (error.Kind, error.Id));
        Assert.Contains("the moon is in the way", error.Message, StringComparison.Ordinal);
        Assert.Contains($"{status}", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_backend_that_is_down_is_unreachable_and_nothing_is_recorded()
    {
        Uri endpoint;
        using (var backend = new HttpDouble(_ => Task.CompletedTask))
            endpoint = backend.Endpoint;
        folder.Register("kjv-llama");
        foreach (string name in (string[])["LlamaCpp", "OpenAI"])
        {
            HafsException error = await Assert.ThrowsAsync<HafsException>(() => folder.Workbench.PublishAsync(new PublishRequest { ModelId = "kjv-llama", Backend = name, Endpoint = endpoint }, null, default));
            Assert.Equal((ErrorKind.Unavailable, "BackendUnreachable"), (error.Kind, error.Id));
        }

        Assert.Empty(folder.Workbench.Get("kjv-llama").Deployments);
        Assert.Empty(folder.Workbench.Get("kjv-llama").DeployedBackends);
    }

    [Fact]
    public async Task An_answer_that_does_not_come_is_waited_for_only_so_long()
    {
        using var backend = new HttpDouble(_ => Task.Delay(30_000));
        using var client = new BackendClient("it", backend.Endpoint, null, TimeSpan.FromMilliseconds(300));
        HafsException error = await Assert.ThrowsAsync<HafsException>(() => client.GetAsync("x", default));
        Assert.Equal((ErrorKind.Unavailable, "BackendTimeout"), (error.Kind, error.Id));
        using var stop = new CancellationTokenSource(50);
        using var patient = new BackendClient("it", backend.Endpoint, null, TimeSpan.FromMinutes(1));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => patient.GetAsync("x", stop.Token));
    }

    [Fact]
    public async Task A_stream_that_breaks_off_is_no_answer()
    {
        using var backend = new HttpDouble(async c =>
        {
            c.Response.ContentLength64 = 1000;
            await HttpDouble.WriteAsync(c, 200, "data: {\"choices\":[{\"text\":\"In\"}]}\n\n", "text/event-stream");
            await Task.Delay(100);
            c.Response.Abort();
        });
        HafsException error = await FailsAsync(backend.Endpoint);
        Assert.Equal(ErrorKind.Unavailable, error.Kind);
        Assert.Equal("BackendBrokeOff", error.Id);
    }

    [Theory]
    [InlineData("data: {\"choices\":[{\"text\":\"In\"}]}\n\n", "BackendAnswerUnexpected")]
    [InlineData("data: {\"error\":{\"message\":\"out of memory\"}}\n\n", "BackendFailed")]
    [InlineData("data: {\"choices\":\n\n", "BackendAnswerUnexpected")]
    [InlineData("<html>Welcome to the printer</html>", "BackendAnswerUnexpected")]
    public async Task A_stream_that_ends_too_early_complains_or_is_none_is_no_answer(string body, string id)
    {
        using var backend = new HttpDouble(c => HttpDouble.WriteAsync(c, 200, body, "text/event-stream"));
        Assert.Equal(id, (await FailsAsync(backend.Endpoint)).Id);
    }

    [Theory]
    [InlineData("""{"choices":[{"text":" the king","logprobs":{"tokens":[" the"," king"],"token_logprobs":[-0.5,-1.25],"top_logprobs":[{},{}]},"finish_reason":"length"}]}""")]
    [InlineData("""{"choices":[{"text":" the king","logprobs":{"content":[{"token":" the","bytes":[32,116,104,101],"logprob":-0.5},{"token":" king","logprob":-1.25}]},"finish_reason":"length"}]}""")]
    public async Task Log_probabilities_come_in_two_forms_and_a_server_that_takes_no_ids_gets_text(string piece)
    {
        var prompts = new List<string>();
        using var backend = new HttpDouble(async c =>
        {
            using var reader = new StreamReader(c.Request.InputStream);
            JsonNode prompt = JsonNode.Parse(await reader.ReadToEndAsync())!["prompt"]!;
            prompts.Add(prompt.ToJsonString());
            await (prompt is JsonArray ? HttpDouble.WriteAsync(c, 400, """{"error":"prompt must be a string"}""") : HttpDouble.WriteAsync(c, 200, $"data: {piece}\n\ndata: [DONE]\n\n", "text/event-stream"));
        });
        await using var session = new HafsModels.Deployment.OpenAI.OpenAISession(new BackendClient("it", backend.Endpoint, null, TimeSpan.FromSeconds(10)), "m");
        BackendReply reply = await session.GenerateAsync(new BackendPrompt("Behold", new[] { 5, 6 }, []), 2, default);
        await session.GenerateAsync(new BackendPrompt("Behold", new[] { 5, 6 }, []), 2, default);
        Assert.Equal(["[5,6]", "\"Behold\"", "\"Behold\""], prompts);
        Assert.Equal(" the king", reply.Text);
        Assert.Equal([-0.5, -1.25], reply.Tokens.Select(t => t.LogProbability!.Value));
        Assert.Equal([" the", " king"], reply.Tokens.Select(t => System.Text.Encoding.UTF8.GetString(t.Bytes!.Value.Span)));
    }

    [Fact]
    public void A_key_goes_over_tls_or_to_this_machine_only()
    {
        HafsException error = Assert.Throws<HafsException>(() => new BackendClient("it", new Uri("http://example.org/"), "secret", TimeSpan.FromSeconds(1)));
        Assert.Equal("TlsRequired", error.Id);
        Assert.DoesNotContain("secret", error.Message, StringComparison.Ordinal);
        new BackendClient("it", new Uri("https://example.org/"), "secret", TimeSpan.FromSeconds(1)).Dispose();
        new BackendClient("it", new Uri("http://127.0.0.1:1/"), "secret", TimeSpan.FromSeconds(1)).Dispose();
        Assert.Equal("EndpointNotHttp", Assert.Throws<HafsException>(() => new BackendClient("it", new Uri("ftp://example.org/"), null, TimeSpan.FromSeconds(1))).Id);
    }

    [Fact]
    public async Task A_scheduled_test_leaves_a_line_also_when_it_could_not_be_made_and_where_no_event_log_is()
    {
        folder.Register("kjv-llama");
        await folder.Workbench.PublishAsync(new PublishRequest { ModelId = "kjv-llama", Backend = "Embedded" }, null, default);
        string log = Path.Combine(folder.Path, "logs", "tests.log");
        var request = new TestRequest { ModelId = "kjv-llama", Prompts = ["And"], MaxTokens = 2, LogPath = log, EvaluationText = "And God saw the light, that it was good: and God divided the light from the darkness." };
        await folder.Workbench.TestAsync(request, null, default);
        await folder.Workbench.TestAsync(request with { MinTokenAgreement = 1, MaxKlDivergence = 0 }, null, default);
        await Assert.ThrowsAsync<HafsException>(() => folder.Workbench.TestAsync(request with { Backend = "OpenAI" }, null, default));
        string[] lines = File.ReadAllLines(log);
        Assert.Equal(3, lines.Length);
        Assert.Matches("^[0-9]{4}-[0-9-]+T[0-9:]+Z PASS  kjv-llama on Embedded answers like its source", lines[0]);
        Assert.Contains(" FAIL  kjv-llama on Embedded does not answer like its source", lines[1], StringComparison.Ordinal);
        Assert.Contains(" ERROR kjv-llama is not deployed on OpenAI", lines[2], StringComparison.Ordinal);
        if (!OperatingSystem.IsWindows())
        {
            await folder.Workbench.TestAsync(request with { LogPath = null, EventLog = true }, null, default);
            Assert.Single(File.ReadAllLines(Path.Combine(folder.Path, "hafs.log")));
        }

        Assert.Equal("LogNotWritten", (await Assert.ThrowsAsync<HafsException>(() => folder.Workbench.TestAsync(request with { LogPath = folder.Path }, null, default))).Id);
    }

    [Fact]
    public async Task A_deployment_is_forgotten_by_force_where_its_backend_is_unknown_to_answer()
    {
        folder.Register("kjv-llama");
        folder.Workbench.Registry.AddDeployment(new ModelDeployment { ModelId = "kjv-llama", Backend = "Vllm", Name = "x", Endpoint = "http://127.0.0.1:1/", ArtifactPath = "" }, default);
        var request = new UnpublishRequest { ModelId = "kjv-llama" };
        Assert.Equal("UnknownBackend", (await Assert.ThrowsAsync<HafsException>(() => folder.Workbench.UnpublishAsync(request, null, default))).Id);
        Assert.Single(folder.Workbench.Get("kjv-llama").Deployments);
        Assert.Contains("forgotten all the same", Assert.Single(await folder.Workbench.UnpublishAsync(request with { Force = true }, null, default)).Message, StringComparison.Ordinal);
        Assert.Empty(folder.Workbench.Get("kjv-llama").Deployments);
    }

    public void Dispose() => folder.Dispose();

    private static async Task<HafsException> FailsAsync(Uri endpoint)
    {
        using var client = new BackendClient("it", endpoint, null, TimeSpan.FromSeconds(10));
        return await Assert.ThrowsAsync<HafsException>(() => HafsModels.Deployment.OpenAI.OpenAIChat.ReadAsync(client, "completions", new JsonObject(), default));
    }
}
