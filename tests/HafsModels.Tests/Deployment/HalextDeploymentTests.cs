using HafsModels.Deployment;
using HafsModels.Registry;
using Xunit;

namespace HafsModels.Tests.Deployment;

/// <summary>Deployments on a halext node, against a small one that implements docs/halext-api.md.</summary>
public sealed class HalextDeploymentTests : IDisposable
{
    private readonly DeploymentFolder folder = new();
    private HalextDouble? started;

    [SkippableFact]
    public async Task A_model_is_sent_served_by_the_real_llama_server_proven_and_deleted()
    {
        _ = Peers.LlamaBin;
        HalextDouble node = Start(serves: true);
        folder.Register("kjv-llama");
        ModelDeployment deployment = await folder.Workbench.PublishAsync(Request(), null, default);
        Assert.Equal(node.Endpoint.AbsoluteUri, deployment.Endpoint);
        Assert.Equal("verses", folder.Workbench.Get("kjv-llama").HalextNodeId);
        Assert.DoesNotContain(HalextDouble.Token, File.ReadAllText(Path.ChangeExtension(folder.Workbench.RegistryPath, ".hafsmodels.json")), StringComparison.Ordinal);
        DeploymentTest test = await folder.Workbench.TestAsync(new TestRequest { ModelId = "kjv-llama", Key = HalextDouble.Token }, null, default);
        Assert.True(test.Passed, test.Message);
        Assert.InRange(test.TokenAgreement, 0.95, 1);
        Assert.NotNull(test.MeanLogProbDifference);
        Assert.True(test.TemplateMatches);
        UnpublishResult ended = Assert.Single(await folder.Workbench.UnpublishAsync(new UnpublishRequest { ModelId = "kjv-llama", Key = HalextDouble.Token }, null, default));
        Assert.Contains("deleted", ended.Message, StringComparison.Ordinal);
        Assert.Empty(node.Models);
        Assert.Null(folder.Workbench.Get("kjv-llama").HalextNodeId);
    }

    [Fact]
    public async Task An_upload_that_breaks_goes_on_where_it_stood_and_one_that_is_there_is_not_sent_again()
    {
        HalextDouble node = Start();
        folder.Register("kjv-llama");
        int chunks = 0;
        node.Before = async context =>
        {
            if (context.Request.HttpMethod != "PUT" || !context.Request.Url!.AbsolutePath.StartsWith("/v1/uploads/", StringComparison.Ordinal))
                return false;

            // The second chunk is refused for a passing reason.
            chunks++;
            if (chunks is not 2)
                return false;
            await context.Request.InputStream.CopyToAsync(Stream.Null);
            await HttpDouble.WriteAsync(context, 503, """{"error": {"message": "busy"}}""");
            return true;
        };
        await folder.Workbench.PublishAsync(Request(), null, default);
        long size = new FileInfo(folder.Workbench.Get("kjv-llama").Artifacts[0].Path).Length;
        Assert.Equal((int)((size + HalextDouble.ChunkBytes - 1) / HalextDouble.ChunkBytes) + 1, chunks);
        Assert.Contains(node.Requests, r => r.StartsWith("GET v1/uploads/", StringComparison.Ordinal));
        node.Requests.Clear();
        await folder.Workbench.PublishAsync(Request(), null, default);
        Assert.DoesNotContain(node.Requests, r => r.StartsWith("PUT v1/uploads/", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_run_that_was_stopped_is_taken_up_by_the_next()
    {
        HalextDouble node = Start();
        folder.Register("kjv-llama");
        using var stop = new CancellationTokenSource();
        int chunks = 0;
        node.Before = async context =>
        {
            if (context.Request.HttpMethod != "PUT" || ++chunks != 3)
                return false;
            await stop.CancelAsync();
            return false;
        };
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => folder.Workbench.PublishAsync(Request(), null, stop.Token));
        Assert.Empty(folder.Workbench.Get("kjv-llama").Deployments);
        node.Before = null;
        await Task.Delay(200);
        node.Requests.Clear();
        await folder.Workbench.PublishAsync(Request(), null, default);
        long size = new FileInfo(folder.Workbench.Get("kjv-llama").Artifacts[0].Path).Length;
        Assert.True(node.Requests.Count(r => r.StartsWith("PUT v1/uploads/", StringComparison.Ordinal)) <= ((size + HalextDouble.ChunkBytes - 1) / HalextDouble.ChunkBytes) - 2);
        Assert.Single(folder.Workbench.Get("kjv-llama").Deployments);
    }

    [Theory]
    [InlineData("PUT /v1/uploads/", 413, "BackendFull", 1)]
    [InlineData("PUT /v1/uploads/", 403, "BackendDenied", 1)]
    [InlineData("PUT /v1/uploads/", 500, "BackendFailed", 5)]
    [InlineData("POST /v1/uploads", 507, "BackendFull", 1)]
    [InlineData("PUT /v1/models/", 500, "BackendFailed", 1)]
    [InlineData("GET /v1/node", 404, "BackendNotFound", 1)]
    public async Task What_will_not_pass_stops_at_once_and_nothing_is_recorded(string route, int status, string id, int tries)
    {
        HalextDouble node = Start();
        folder.Register("kjv-llama");
        int seen = 0;
        node.Before = async context =>
        {
            if (!$"{context.Request.HttpMethod} {context.Request.Url!.AbsolutePath}".StartsWith(route, StringComparison.Ordinal))
                return false;
            seen++;
            await context.Request.InputStream.CopyToAsync(Stream.Null);
            await HttpDouble.WriteAsync(context, status, """{"error": {"message": "no"}}""");
            return true;
        };
        HafsException error = await Assert.ThrowsAsync<HafsException>(() => folder.Workbench.PublishAsync(Request(), null, default));
        Assert.Equal((id, tries), (error.Id, seen));
        Assert.Empty(node.Models);
        Assert.Empty(folder.Workbench.Get("kjv-llama").Deployments);
    }

    [Fact]
    public async Task A_node_that_cannot_serve_says_why_and_a_name_that_is_taken_stays()
    {
        HalextDouble node = Start();
        folder.Register("kjv-llama");
        folder.Register("kjv-qwen2");
        node.Failure = "out of memory";
        HafsException failed = await Assert.ThrowsAsync<HafsException>(() => folder.Workbench.PublishAsync(Request(), null, default));
        Assert.Contains("out of memory", failed.Message, StringComparison.Ordinal);
        Assert.Empty(node.Models);
        node.Failure = null;
        await folder.Workbench.PublishAsync(Request(), null, default);
        PublishRequest other = Request() with { ModelId = "kjv-qwen2" };
        Assert.Equal("NameTaken", (await Assert.ThrowsAsync<HafsException>(() => folder.Workbench.PublishAsync(other, null, default))).Id);
        await folder.Workbench.PublishAsync(other with { Force = true }, null, default);
        HafsException replaced = await Assert.ThrowsAsync<HafsException>(() => folder.Workbench.TestAsync(new TestRequest { ModelId = "kjv-llama", Key = HalextDouble.Token }, null, default));
        Assert.Equal("ModelReplaced", replaced.Id);
    }

    [Fact]
    public async Task Without_a_token_or_tls_nothing_is_sent()
    {
        Start();
        folder.Register("kjv-llama");
        Assert.Equal("BackendDenied", (await Assert.ThrowsAsync<HafsException>(() => folder.Workbench.PublishAsync(Request() with { Key = null }, null, default))).Id);
        foreach (string? key in (string?[])[null, HalextDouble.Token])
        {
            HafsException open = await Assert.ThrowsAsync<HafsException>(() => folder.Workbench.PublishAsync(Request() with { Endpoint = new Uri("http://node.example.org"), Key = key }, null, default));
            Assert.Equal("TlsRequired", open.Id);
        }

        Assert.Equal("EndpointMissing", (await Assert.ThrowsAsync<HafsException>(() => folder.Workbench.PublishAsync(Request() with { Endpoint = null }, null, default))).Id);
    }

    public void Dispose()
    {
        started?.Dispose();
        folder.Dispose();
    }

    private HalextDouble Start(bool serves = false) => started = HalextDouble.Start(folder.Path, serves);

    private PublishRequest Request() => new() { ModelId = "kjv-llama", Backend = "halext-node", Name = "verses", Endpoint = started!.Endpoint, Key = HalextDouble.Token };
}
