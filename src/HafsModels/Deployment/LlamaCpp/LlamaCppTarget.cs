using System.Text.Json.Nodes;
using HafsModels.Formats.Gguf;
using HafsModels.Registry;

namespace HafsModels.Deployment.LlamaCpp;

/// <summary>
/// llama.cpp's server as a backend: one of our own for each deployment, on loopback, that outlives this process; or one that runs already.
/// </summary>
public sealed class LlamaCppTarget : DeploymentTarget
{
    /// <summary>The variable that holds the key of a server that wants one.</summary>
    internal const string KeyVariable = "LLAMA_API_KEY";

    /// <inheritdoc/>
    public override string Name => "LlamaCpp";

    /// <inheritdoc/>
    public override string RegistryName => "llama.cpp";

    /// <inheritdoc/>
    public override string About => "llama-server, started here or running already";

    /// <inheritdoc/>
    public override bool UsesSettings => true;

    /// <inheritdoc/>
    public override async Task<ModelDeployment> PublishAsync(PublishJob job, IProgress<WorkProgress>? progress, CancellationToken cancellationToken)
    {
        if (job.Endpoint is { } running)
        {
            using var client = new BackendClient(Name, running, KeyOr(job.Key), LlamaServerSession.Patience);
            await ConfirmAsync(client, cancellationToken).ConfigureAwait(false);
            return job.Deployed(Name, client.Endpoint);
        }

        // A damaged file is told apart before a server is started for it.
        GgufSet.Open(job.Artifact.Path).Dispose();
        (DeploymentServer server, Uri endpoint) = await LlamaServerProcess.StartAsync(job, progress, cancellationToken).ConfigureAwait(false);
        try
        {
            using var client = new BackendClient(Name, endpoint, KeyOr(job.Key), LlamaServerSession.Patience);
            await ConfirmAsync(client, cancellationToken).ConfigureAwait(false);
        }
        catch
        {
            await DetachedProcess.StopAsync(server, CancellationToken.None).ConfigureAwait(false);
            throw;
        }

        if (job.Existing?.Server is { } before)
            await DetachedProcess.StopAsync(before, CancellationToken.None).ConfigureAwait(false);
        return job.Deployed(Name, endpoint) with { Server = server };
    }

    /// <inheritdoc/>
    public override Task<DeploymentSession> OpenAsync(ModelDeployment deployment, string? key, CancellationToken cancellationToken) =>
        Task.FromResult<DeploymentSession>(new LlamaServerSession(new BackendClient(Name, new Uri(deployment.Endpoint), KeyOr(key), LlamaServerSession.Patience), deployment.Server));

    /// <inheritdoc/>
    public override async Task<(ModelDeployment Deployment, string Note)?> ReviveAsync(ModelDeployment deployment, IProgress<WorkProgress>? progress, CancellationToken cancellationToken)
    {
        if (deployment.Server is not { } ended || DetachedProcess.IsAlive(ended))
            return null;
        (DeploymentServer server, Uri endpoint) = await LlamaServerProcess.StartAsync(
            ended.Program, LlamaServerProcess.OnFreePort(ended.Arguments), ended.LogPath, deployment.ArtifactPath, null, progress, cancellationToken).ConfigureAwait(false);
        return (deployment with { Server = server, Endpoint = endpoint.AbsoluteUri }, $"llama-server (process {ended.ProcessId}) had ended and was started again as process {server.ProcessId}; its log is {server.LogPath}");
    }

    /// <inheritdoc/>
    public override async Task<string> UnpublishAsync(ModelDeployment deployment, string? key, CancellationToken cancellationToken)
    {
        if (deployment.Server is not { } server)
            return $"nothing was to stop: the server at {deployment.Endpoint} was not started from here and goes on";
        return await DetachedProcess.StopAsync(server, cancellationToken).ConfigureAwait(false)
            ? $"llama-server (process {server.ProcessId}) was stopped"
            : $"llama-server (process {server.ProcessId}) had ended already";
    }

    private static string? KeyOr(string? key) => key ?? (Environment.GetEnvironmentVariable(KeyVariable) is { Length: > 0 } set ? set : null);

    // It has generated: that is what serving means.
    private static async Task ConfirmAsync(BackendClient client, CancellationToken cancellationToken)
    {
        JsonNode answer = await client.PostAsync("completion", new JsonObject { ["prompt"] = new JsonArray(0), ["n_predict"] = 1, ["cache_prompt"] = false }, cancellationToken).ConfigureAwait(false);
        if (answer["content"] is null)
            throw client.Unexpected("completion", "the answer has no content");
    }
}
