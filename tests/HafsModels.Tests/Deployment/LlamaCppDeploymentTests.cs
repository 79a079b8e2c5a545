using System.Diagnostics;
using System.Text.Json;
using System.Xml.Linq;
using HafsModels.Deployment;
using HafsModels.Registry;
using HafsModels.Tests.Hafs;
using HafsModels.Tests.Inference;
using Xunit;

namespace HafsModels.Tests.Deployment;

/// <summary>Deployments on the real llama-server: made, proven, crashed, started again, ended.</summary>
public sealed class LlamaCppDeploymentTests : IDisposable
{
    private readonly DeploymentFolder folder = new();

    [SkippableFact]
    public async Task A_server_is_started_proven_found_dead_started_again_and_stopped()
    {
        _ = Peers.LlamaBin;
        folder.Register("kjv-llama", "Q4_K_M");
        ModelDeployment deployment = await PublishAsync();
        Assert.Equal(("LlamaCpp", "kjv-llama"), (deployment.Backend, deployment.Name));
        Assert.StartsWith("http://127.0.0.1:", deployment.Endpoint, StringComparison.Ordinal);
        Assert.Contains("llama.cpp", folder.Workbench.Get("kjv-llama").DeployedBackends);
        Assert.True(DetachedProcess.IsAlive(deployment.Server!));
        Assert.True(new FileInfo(deployment.Server!.LogPath).Length > 0);

        string junit = Path.Combine(folder.Path, "out", "junit.xml"), json = Path.Combine(folder.Path, "out", "test.json");
        DeploymentTest test = await folder.Workbench.TestAsync(new TestRequest { ModelId = "kjv-llama", JUnitPath = junit, JsonPath = json }, null, default);
        Assert.True(test.Passed, test.Message);
        Assert.True(test.Answers.Count >= 8);
        Assert.True(test.ComparedTokens >= 8 * 20, $"{test.ComparedTokens}");
        Assert.InRange(test.TokenAgreement, 0.9, 1);
        Assert.InRange(test.MeanLogProbDifference!.Value, 1e-6, 0.1);
        Assert.True(test.TemplateMatches);
        Assert.True(test.FirstTokenMilliseconds > 0 && test.TokensPerSecond > 0);
        Assert.True(test.MemoryBytes > 4_000_000, $"{test.MemoryBytes}");
        Assert.Empty(test.Notes);
        Assert.Equal(test.Message, Assert.Single(folder.Workbench.Registry.Tests("kjv-llama")).Message);
        XElement suite = XDocument.Load(junit).Root!.Element("testsuite")!;
        Assert.Equal($"{test.Checks.Count}", suite.Attribute("tests")!.Value);
        Assert.Equal("0", suite.Attribute("failures")!.Value);
        using (JsonDocument document = JsonDocument.Parse(File.ReadAllBytes(json)))
            Assert.True(document.RootElement.GetProperty("passed").GetBoolean());

        using (Process process = Process.GetProcessById(deployment.Server!.ProcessId))
            process.Kill();
        SpinWait.SpinUntil(() => !DetachedProcess.IsAlive(deployment.Server), 5000);
        DeploymentTest again = await folder.Workbench.TestAsync(new TestRequest { ModelId = "kjv-llama", Prompts = ["And the LORD said"] }, null, default);
        Assert.True(again.Passed, again.Message);
        Assert.Contains("was started again", Assert.Single(again.Notes), StringComparison.Ordinal);
        ModelDeployment running = Assert.Single(folder.Workbench.Get("kjv-llama").Deployments);
        Assert.NotEqual(deployment.Server.ProcessId, running.Server!.ProcessId);

        // Publishing once more replaces the server; the one before ends after the new one serves.
        ModelDeployment replaced = await PublishAsync();
        Assert.False(DetachedProcess.IsAlive(running.Server));
        Assert.Equal(replaced.Server!.ProcessId, Assert.Single(folder.Workbench.Get("kjv-llama").Deployments).Server!.ProcessId);

        UnpublishResult ended = Assert.Single(await folder.Workbench.UnpublishAsync(new UnpublishRequest { ModelId = "kjv-llama" }, null, default));
        Assert.Contains("was stopped", ended.Message, StringComparison.Ordinal);
        Assert.False(DetachedProcess.IsAlive(replaced.Server));
        Assert.Empty(folder.Workbench.Get("kjv-llama").Deployments);
        Assert.DoesNotContain("llama.cpp", folder.Workbench.Get("kjv-llama").DeployedBackends);
        HafsException gone = await Assert.ThrowsAsync<HafsException>(() => folder.Workbench.TestAsync(new TestRequest { ModelId = "kjv-llama", JUnitPath = junit }, null, default));
        Assert.Equal("DeploymentNotFound", gone.Id);
        Assert.Equal("1", XDocument.Load(junit).Root!.Element("testsuite")!.Attribute("errors")!.Value);
    }

    [SkippableFact]
    public async Task A_server_that_runs_already_is_tested_over_both_of_its_interfaces_and_left_alone()
    {
        Artifact artifact = folder.Register("kjv-qwen2");
        using var server = new LlamaServer(artifact.Path, "--alias", "verses");
        var native = new PublishRequest { ModelId = "kjv-qwen2", Backend = "llama.cpp", Endpoint = server.Endpoint };
        var openAI = new PublishRequest { ModelId = "kjv-qwen2", Backend = "OpenAI", Name = "verses", Endpoint = server.Endpoint };
        Assert.Null((await folder.Workbench.PublishAsync(native, null, default)).Server);
        HafsException unknown = await Assert.ThrowsAsync<HafsException>(() => folder.Workbench.PublishAsync(openAI with { Name = "psalms" }, null, default));
        Assert.Contains("does not serve psalms; it serves verses", unknown.Message, StringComparison.Ordinal);
        await folder.Workbench.PublishAsync(openAI, null, default);
        Assert.Equal(2, folder.Workbench.Get("kjv-qwen2").Deployments.Count);
        foreach (string backend in (string[])["LlamaCpp", "OpenAI"])
        {
            DeploymentTest test = await folder.Workbench.TestAsync(new TestRequest { ModelId = "kjv-qwen2", Backend = backend }, null, default);
            Assert.True(test.Passed, test.Message);
            Assert.InRange(test.TokenAgreement, 0.95, 1);
            Assert.InRange(test.MeanLogProbDifference!.Value, 0, 0.05);
            Assert.True(test.TemplateMatches);
            Assert.True(test.TokensPerSecond > 0);
        }

        DeploymentTest strict = await folder.Workbench.TestAsync(
            new TestRequest { ModelId = "kjv-qwen2", Backend = "OpenAI", Prompts = ["In the beginning"], MaxLogProbDifference = 0, MinTokensPerSecond = 1e9 }, null, default);
        Assert.False(strict.Passed);
        Assert.Equal(["log-probabilities", "speed"], strict.Checks.Where(c => !c.Passed).Select(c => c.Name));

        IReadOnlyList<UnpublishResult> ended = await folder.Workbench.UnpublishAsync(new UnpublishRequest { ModelId = "kjv-qwen2" }, null, default);
        Assert.All(ended, e => Assert.Contains("goes on", e.Message, StringComparison.Ordinal));
        Assert.Equal(8, server.Complete([256, 1177, 485, 282], 8).Count);
    }

    [SkippableFact]
    public async Task A_file_that_the_server_cannot_load_is_an_error_with_the_end_of_its_log_and_nothing_is_recorded()
    {
        _ = Peers.LlamaBin;
        folder.Register("kjv-llama", metadata: new() { ["general.architecture"] = "nosuch" });
        HafsException error = await Assert.ThrowsAsync<HafsException>(PublishAsync);
        Assert.Equal((ErrorKind.Unavailable, "ServerEnded"), (error.Kind, error.Id));
        Assert.Contains("nosuch", error.Message, StringComparison.Ordinal);
        Assert.Empty(folder.Workbench.Get("kjv-llama").Deployments);
    }

    [SkippableFact]
    public async Task The_command_line_deploys_tests_from_another_process_and_ends_with_exit_codes_that_tell()
    {
        _ = Peers.LlamaBin;
        using var hafs = new HafsProcess();
        await hafs.RunAsync("models", "register", hafs.CopyModel("kjv-llama"), "--id", "kjv");
        (int code, string text, string error) = await hafs.RunAsync("models", "deploy", "kjv", "llama.cpp", "-q", "Q8_0", "--program", Peers.LlamaBin, "--server-argument=-t", "--server-argument=1", "--json");
        Assert.True(code == 0, error);
        using (JsonDocument deployed = JsonDocument.Parse(text))
            Assert.True(deployed.RootElement.GetProperty("server").GetProperty("process_id").GetInt32() > 0);

        string junit = Path.Combine(hafs.Folder, "junit.xml");
        (code, text, error) = await hafs.RunAsync("models", "test", "kjv", "llama.cpp", "--junit", junit, "--json");
        Assert.True(code == 0, text + error);
        using (JsonDocument tested = JsonDocument.Parse(text))
            Assert.InRange(tested.RootElement.GetProperty("token_agreement").GetDouble(), 0.9, 1);
        Assert.Equal(1, (await hafs.RunAsync("models", "test", "kjv", "llama.cpp", "-p", "And", "--max-logprob-difference", "0", "--junit", junit)).ExitCode);
        Assert.Equal("1", XDocument.Load(junit).Root!.Element("testsuite")!.Attribute("failures")!.Value);
        (code, text, error) = await hafs.RunAsync("models", "undeploy", "kjv");
        Assert.True(code == 0, error);
        Assert.Contains("was stopped", text, StringComparison.Ordinal);
        Assert.Equal(1, (await hafs.RunAsync("models", "test", "kjv", "llama.cpp")).ExitCode);
        Assert.Equal(9, (await hafs.RunAsync("models", "deploy", "kjv", "openai", "-q", "Q8_0", "--endpoint", "http://127.0.0.1:9")).ExitCode);
    }

    [Fact]
    public async Task A_program_that_is_no_server_is_told_apart_from_one_that_is_missing()
    {
        folder.Register("kjv-llama");
        HafsException missing = await Assert.ThrowsAsync<HafsException>(() => folder.Workbench.PublishAsync(
            new PublishRequest { ModelId = "kjv-llama", Backend = "LlamaCpp", Server = new ServerOptions { Program = folder.Path } }, null, default));
        Assert.Equal("LlamaServerNotFound", missing.Id);
        HafsException ended = await Assert.ThrowsAsync<HafsException>(() => folder.Workbench.PublishAsync(
            new PublishRequest { ModelId = "kjv-llama", Backend = "LlamaCpp", Server = new ServerOptions { Program = "/bin/true" } }, null, default));
        Assert.Contains(ended.Id, (string[])["ServerEnded", "ServerNotStarted"]);
        Assert.Empty(folder.Workbench.Get("kjv-llama").Deployments);
    }

    public void Dispose() => folder.Dispose();

    private Task<ModelDeployment> PublishAsync() =>
        folder.Workbench.PublishAsync(new PublishRequest { ModelId = "kjv-llama", Backend = "LlamaCpp", Server = DeploymentFolder.Server }, null, default);
}
