using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using HafsModels.Deployment.OpenAI;
using HafsModels.Formats.Gguf;
using HafsModels.Registry;

namespace HafsModels.Deployment.Halext;

/// <summary>A halext node over its HTTP interface (docs/halext-api.md): the file is sent in chunks, registered, and served; answers come over the OpenAI interface.</summary>
public sealed partial class HalextTarget : DeploymentTarget
{
    /// <summary>The variable that holds a node's token.</summary>
    internal const string KeyVariable = "HALEXT_TOKEN";

    /// <summary>The variable that holds a node's address.</summary>
    internal const string EndpointVariable = "HALEXT_NODE";

    private const int Version = 1;
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);
    private static readonly TimeSpan DefaultStart = TimeSpan.FromMinutes(10);

    /// <inheritdoc/>
    public override string Name => "Halext";

    /// <inheritdoc/>
    public override string RegistryName => "halext-node";

    /// <inheritdoc/>
    public override string About => "a halext node, at HALEXT_NODE";

    /// <inheritdoc/>
    public override async Task<ModelDeployment> PublishAsync(PublishJob job, IProgress<WorkProgress>? progress, CancellationToken cancellationToken)
    {
        if (!NamePattern().IsMatch(job.Name))
            throw new HafsException(ErrorKind.InvalidArgument, "NameInvalid", $"{job.Name} is no name of a model for a node", job.Name, "Letters, digits, dots, _ and -, at most 64: -Name (--name).");
        using BackendClient client = Client(job.Endpoint ?? DefaultEndpoint(), job.Key);
        using (GgufSet file = GgufSet.Open(job.Artifact.Path))
        {
            if (file.Files.Count > 1)
                throw new HafsException(ErrorKind.Unsupported, "SplitFile", $"{job.Artifact.Path} is one of {file.Files.Count} files of a model; a node takes one", job.Artifact.Path, "Join them first: Merge-Gguf (hafs gguf merge).");
        }

        JsonNode node = await client.GetAsync("v1/node", cancellationToken).ConfigureAwait(false);
        if (node["api"]?.GetValue<int>() != Version)
            throw client.Unexpected("v1/node", $"the node speaks version {node["api"]} of its interface; {Version} is known here");
        JsonNode? before = await FindAsync(client, job.Name, cancellationToken).ConfigureAwait(false);
        bool ours = job.Existing is { } existing && new Uri(existing.Endpoint) == client.Endpoint;
        if (before is not null && !ours && !job.Force)
            throw new HafsException(ErrorKind.AlreadyExists, "NameTaken", $"{client.Endpoint} has another model named {job.Name} already", job.Name, "Choose another name (-Name, --name), or replace it with -Force (--force).");

        string sha256 = await new HalextUpload(client, job, progress).RunAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            await client.SendJsonAsync(HttpMethod.Put, $"v1/models/{job.Name}", Registration(job, sha256, before is not null), cancellationToken).ConfigureAwait(false);
            await client.PostAsync($"v1/models/{job.Name}/serve", [], cancellationToken).ConfigureAwait(false);
            JsonNode served = await WaitAsync(client, job, sha256, progress, cancellationToken).ConfigureAwait(false);
            using BackendClient inference = Inference(client.Endpoint, served, job.Key);
            await OpenAITarget.ConfirmAsync(inference, job.Name, cancellationToken).ConfigureAwait(false);
        }
        catch when (before is null)
        {
            await TryDeleteAsync(client, job.Name).ConfigureAwait(false);
            throw;
        }

        return job.Deployed(Name, client.Endpoint) with { ArtifactSha256 = sha256 };
    }

    /// <inheritdoc/>
    public override async Task<DeploymentSession> OpenAsync(ModelDeployment deployment, string? key, CancellationToken cancellationToken)
    {
        using BackendClient client = Client(new Uri(deployment.Endpoint), key);
        JsonNode found = await FindAsync(client, deployment.Name, cancellationToken).ConfigureAwait(false)
            ?? throw new HafsException(ErrorKind.NotFound, "ModelNotServed", $"{client.Endpoint} has no model {deployment.Name} any more", deployment.Name, "Publish it again.");
        if ((string?)found["state"] != "serving")
            throw new HafsException(ErrorKind.Unavailable, "ModelNotServed", $"{client.Endpoint} does not serve {deployment.Name}: it is {found["state"]}{Why(found)}", deployment.Name, "Publish it again.");
        return (string?)found["sha256"] == deployment.ArtifactSha256
            ? new OpenAISession(Inference(client.Endpoint, found, key), deployment.Name)
            : throw new HafsException(ErrorKind.Conflict, "ModelReplaced", $"{client.Endpoint} serves another file as {deployment.Name} (sha256 {found["sha256"]}, deployed {deployment.ArtifactSha256})", deployment.Name, "Publish it again, or forget it: Unpublish-Model.");
    }

    /// <inheritdoc/>
    public override async Task<string> UnpublishAsync(ModelDeployment deployment, string? key, CancellationToken cancellationToken)
    {
        using BackendClient client = Client(new Uri(deployment.Endpoint), key);
        return await DeleteAsync(client, deployment.Name, cancellationToken).ConfigureAwait(false)
            ? $"{deployment.Name} was stopped and deleted on {client.Endpoint}"
            : $"{client.Endpoint} had no model {deployment.Name} any more";
    }

    private static Uri DefaultEndpoint() => Environment.GetEnvironmentVariable(EndpointVariable) is { Length: > 0 } set && Uri.TryCreate(set, UriKind.Absolute, out Uri? address)
        ? address
        : throw new HafsException(ErrorKind.InvalidArgument, "EndpointMissing", $"no node is named: {EndpointVariable} holds no address", hint: "Say where it is: -Endpoint https://node.example.org (--endpoint).");

    private BackendClient Client(Uri endpoint, string? key)
    {
        if (endpoint.Scheme == "http" && !endpoint.IsLoopback)
            throw new HafsException(ErrorKind.InvalidArgument, "TlsRequired", $"{endpoint}: a node is spoken to over TLS, or on this machine", endpoint.ToString(), "Use an https:// address, or a tunnel to loopback.");
        return new BackendClient(Name, endpoint, KeyOr(key), Patience);
    }

    private static string? KeyOr(string? key) => key ?? (Environment.GetEnvironmentVariable(KeyVariable) is { Length: > 0 } set ? set : null);

    // The address may be relative to the node's. The token goes to the node's own host only.
    private static BackendClient Inference(Uri node, JsonNode model, string? key)
    {
        var endpoint = new Uri(node, (string?)model["endpoint"] ?? "");
        return new BackendClient("halext node", endpoint, endpoint.Host == node.Host ? KeyOr(key) : null, LlamaCpp.LlamaServerSession.Patience);
    }

    private static JsonObject Registration(PublishJob job, string sha256, bool replace)
    {
        var registration = new JsonObject { ["sha256"] = sha256, ["model_id"] = job.Artifact.ModelId, ["quantization"] = job.Artifact.Quantization, ["replace"] = replace };
        if (job.Server.ContextLength > 0)
            registration["context_length"] = job.Server.ContextLength;
        if (job.System is { } system)
            registration["system"] = system;
        return registration;
    }

    private static async Task<JsonNode> WaitAsync(BackendClient client, PublishJob job, string sha256, IProgress<WorkProgress>? progress, CancellationToken cancellationToken)
    {
        string path = $"v1/models/{job.Name}";
        DateTime end = DateTime.UtcNow + (job.Server.StartTimeout ?? DefaultStart);
        for (int wait = 50; ; wait = Math.Min(2000, wait * 2))
        {
            JsonNode model = await client.GetAsync(path, cancellationToken).ConfigureAwait(false);
            string state = (string?)model["state"] ?? "";
            progress?.Report(new WorkProgress($"Publishing {job.Name} on a halext node", state, 0, 0));
            if (state == "serving")
                return (string?)model["sha256"] == sha256 ? model : throw client.Unexpected(path, "the node serves another file than was sent");
            if (state == "failed")
                throw new HafsException(ErrorKind.Unavailable, "BackendFailed", $"{client.Endpoint} could not serve {job.Name}{Why(model)}", job.Name);
            if (DateTime.UtcNow > end)
                throw new HafsException(ErrorKind.Unavailable, "ServerNotReady", $"{client.Endpoint} did not serve {job.Name} in time; it is {state}", job.Name, "Give it longer: -StartTimeout (--start-timeout).");
            await Task.Delay(wait, cancellationToken).ConfigureAwait(false);
        }
    }

    private static string Why(JsonNode model) => (string?)model["message"] is { Length: > 0 } message ? $": {message}" : "";

    private static async Task<JsonNode?> FindAsync(BackendClient client, string name, CancellationToken cancellationToken)
    {
        try
        {
            return await client.GetAsync($"v1/models/{name}", cancellationToken).ConfigureAwait(false);
        }
        catch (HafsException exception) when (exception.Id == "BackendNotFound")
        {
            return null;
        }
    }

    private static async Task<bool> DeleteAsync(BackendClient client, string name, CancellationToken cancellationToken)
    {
        try
        {
            await client.SendJsonAsync(HttpMethod.Delete, $"v1/models/{name}", null, cancellationToken).ConfigureAwait(false);
            return true;
        }
        catch (HafsException exception) when (exception.Id == "BackendNotFound")
        {
            return false;
        }
    }

    // Best effort: what made it fail is what is told.
    private static async Task TryDeleteAsync(BackendClient client, string name)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(10));
        try
        {
            await DeleteAsync(client, name, limit.Token).ConfigureAwait(false);
        }
        catch (Exception exception) when (exception is HafsException or OperationCanceledException)
        {
            // Not there, or not in reach.
        }
    }

    [GeneratedRegex("^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$", RegexOptions.CultureInvariant)]
    private static partial Regex NamePattern();
}
