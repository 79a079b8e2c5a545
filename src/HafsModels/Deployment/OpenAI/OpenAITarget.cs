using System.Text.Json.Nodes;
using HafsModels.Registry;

namespace HafsModels.Deployment.OpenAI;

/// <summary>
/// A server that speaks the OpenAI interface (vLLM, LM Studio, llama-server) and serves the model already: recorded in order to be tested.
/// Nothing is transferred or started.
/// </summary>
public sealed class OpenAITarget : DeploymentTarget
{
    /// <summary>The variable that holds the key of a server that wants one.</summary>
    internal const string KeyVariable = "OPENAI_API_KEY";

    /// <inheritdoc/>
    public override string Name => "OpenAI";

    /// <inheritdoc/>
    public override string RegistryName => "openai";

    /// <inheritdoc/>
    public override string About => "a server with the OpenAI interface that serves the model already";

    /// <inheritdoc/>
    public override async Task<ModelDeployment> PublishAsync(PublishJob job, IProgress<WorkProgress>? progress, CancellationToken cancellationToken)
    {
        Uri endpoint = job.Endpoint
            ?? throw new HafsException(ErrorKind.InvalidArgument, "EndpointMissing", "the OpenAI backend is a server that runs already: its address is needed", job.Artifact.ModelId, "Say where it is: -Endpoint http://127.0.0.1:8000/v1 (--endpoint).");
        using BackendClient client = Client(endpoint, job.Key);
        await ConfirmAsync(client, job.Name, cancellationToken).ConfigureAwait(false);
        return job.Deployed(Name, client.Endpoint);
    }

    /// <inheritdoc/>
    public override async Task<DeploymentSession> OpenAsync(ModelDeployment deployment, string? key, CancellationToken cancellationToken)
    {
        BackendClient client = Client(new Uri(deployment.Endpoint), key);
        try
        {
            await FindAsync(client, deployment.Name, cancellationToken).ConfigureAwait(false);
            return new OpenAISession(client, deployment.Name);
        }
        catch
        {
            client.Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    public override Task<string> UnpublishAsync(ModelDeployment deployment, string? key, CancellationToken cancellationToken) =>
        Task.FromResult($"nothing was to stop: the server at {deployment.Endpoint} was not started from here and goes on");

    /// <summary>Makes sure that a server lists a model, and that it generates.</summary>
    internal static async Task ConfirmAsync(BackendClient client, string name, CancellationToken cancellationToken)
    {
        await FindAsync(client, name, cancellationToken).ConfigureAwait(false);
        JsonObject request = OpenAIChat.Request(name, 1);
        request["prompt"] = "a";
        await OpenAIChat.ReadAsync(client, "completions", request, cancellationToken).ConfigureAwait(false);
    }

    // Addresses are given with and without the version.
    internal static BackendClient Client(Uri endpoint, string? key)
    {
        string address = endpoint.AbsoluteUri.TrimEnd('/');
        key ??= Environment.GetEnvironmentVariable(KeyVariable) is { Length: > 0 } set && (endpoint.IsLoopback || endpoint.Scheme == "https") ? set : null;
        return new BackendClient("the OpenAI interface", new Uri(address.EndsWith("/v1", StringComparison.Ordinal) ? address : address + "/v1"), key, LlamaCpp.LlamaServerSession.Patience);
    }

    private static async Task FindAsync(BackendClient client, string name, CancellationToken cancellationToken)
    {
        JsonNode answer = await client.GetAsync("models", cancellationToken).ConfigureAwait(false);
        if (answer["data"] is not JsonArray models)
            throw client.Unexpected("models", "the answer lists no models");
        string[] served = [.. models.Select(m => (string?)m?["id"]).OfType<string>()];
        if (!served.Contains(name))
        {
            throw new HafsException(
                ErrorKind.NotFound, "ModelNotServed", $"{client.Endpoint} does not serve {name}; it serves {(served.Length == 0 ? "nothing" : string.Join(", ", served))}", name, "Say which it is: -Name (--name).");
        }
    }
}
