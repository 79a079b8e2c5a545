using System.Net;
using System.Security.Cryptography;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using HafsModels.Exports.Ollama;
using HafsModels.Formats.Gguf;
using HafsModels.Registry;
using HafsModels.Tokenizers;

namespace HafsModels.Deployment.Ollama;

/// <summary>Ollama over its HTTP interface; its command is not needed. The file goes there as a blob, unless it is there already, and a model is made of it.</summary>
public sealed partial class OllamaTarget : DeploymentTarget
{
    /// <summary>The variable that holds the key of a server that wants one.</summary>
    internal const string KeyVariable = "OLLAMA_API_KEY";

    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(5);

    // What Ollama's own quantizer offers.
    private static readonly string[] Quantizations = ["q8_0", "q4_K_S", "q4_K_M"];
    private static readonly string[] Unquantized = ["F32", "F16", "BF16"];

    /// <inheritdoc/>
    public override string Name => "Ollama";

    /// <inheritdoc/>
    public override string RegistryName => "ollama";

    /// <inheritdoc/>
    public override string About => "an Ollama server, here or at OLLAMA_HOST";

    /// <inheritdoc/>
    public override async Task<ModelDeployment> PublishAsync(PublishJob job, IProgress<WorkProgress>? progress, CancellationToken cancellationToken)
    {
        string? quantize = Quantization(job);
        CheckName(job.Name);
        using BackendClient client = Client(job.Endpoint ?? OllamaAddress.Parse(Environment.GetEnvironmentVariable(OllamaAddress.Variable)), job.Key);
        (JsonObject request, DerivedTemplate template) = Describe(job);
        await client.GetAsync("api/version", cancellationToken).ConfigureAwait(false);
        bool replaces = await ShowAsync(client, job.Name, cancellationToken).ConfigureAwait(false) is not null;
        if (replaces && !job.Force && (job.Existing is null || new Uri(job.Existing.Endpoint) != client.Endpoint))
        {
            throw new HafsException(
                ErrorKind.AlreadyExists, "NameTaken", $"{client.Endpoint} serves another model as {job.Name} already", job.Name, "Choose another name (-Name, --name), or replace it with -Force (--force).");
        }

        string digest = "sha256:" + await HashAsync(job.Artifact, cancellationToken).ConfigureAwait(false);
        await SendBlobAsync(client, job, digest, progress, cancellationToken).ConfigureAwait(false);
        request["files"] = new JsonObject { [Path.GetFileName(job.Artifact.Path)] = digest };
        if (quantize is not null)
            request["quantize"] = quantize;
        try
        {
            await CreateAsync(client, request, progress, cancellationToken).ConfigureAwait(false);
            await ConfirmAsync(client, job.Name, (string)request["template"]!, cancellationToken).ConfigureAwait(false);
        }
        catch when (!replaces)
        {
            await TryDeleteAsync(client, job.Name).ConfigureAwait(false);
            throw;
        }

        ModelDeployment deployed = job.Deployed(Name, client.Endpoint) with { Notes = template.Warnings };
        return quantize is null ? deployed : deployed with { Quantization = quantize };
    }

    /// <inheritdoc/>
    public override async Task<DeploymentSession> OpenAsync(ModelDeployment deployment, string? key, CancellationToken cancellationToken)
    {
        BackendClient client = Client(new Uri(deployment.Endpoint), key);
        try
        {
            JsonNode shown = await ShowAsync(client, deployment.Name, cancellationToken).ConfigureAwait(false)
                ?? throw new HafsException(ErrorKind.NotFound, "ModelNotServed", $"{client.Endpoint} has no model {deployment.Name} any more", deployment.Name, "Publish it again.");
            return new OllamaSession(client, deployment.Name, (string?)shown["template"]);
        }
        catch
        {
            client.Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    public override async Task<string> UnpublishAsync(ModelDeployment deployment, string? key, CancellationToken cancellationToken)
    {
        using BackendClient client = Client(new Uri(deployment.Endpoint), key);
        return await DeleteAsync(client, deployment.Name, cancellationToken).ConfigureAwait(false)
            ? $"{deployment.Name} was deleted from {client.Endpoint}"
            : $"{client.Endpoint} had no model {deployment.Name} any more";
    }

    private BackendClient Client(Uri endpoint, string? key) =>
        new(Name, endpoint, key ?? (Environment.GetEnvironmentVariable(KeyVariable) is { Length: > 0 } set && (endpoint.IsLoopback || endpoint.Scheme == "https") ? set : null), Patience);

    private static string? Quantization(PublishJob job)
    {
        if (job.BackendQuantization is not { } wanted)
            return null;
        string? known = Array.Find(Quantizations, q => q.Equals(wanted, StringComparison.OrdinalIgnoreCase));
        if (known is null)
            throw new HafsException(ErrorKind.InvalidArgument, "UnknownQuantization", $"Ollama itself quantizes to {string.Join(", ", Quantizations)} and not to {wanted}", wanted, "Convert to it first: ConvertTo-Gguf -Quantization.");
        return Unquantized.Contains(job.Artifact.Quantization, StringComparer.OrdinalIgnoreCase)
            ? known
            : throw new HafsException(ErrorKind.InvalidArgument, "AlreadyQuantized", $"{job.Artifact.Path} is {job.Artifact.Quantization} already; Ollama quantizes F32, F16 and BF16 files", job.Artifact.Path);
    }

    private static void CheckName(string name)
    {
        if (!NamePattern().IsMatch(name))
        {
            throw new HafsException(
                ErrorKind.InvalidArgument, "NameInvalid", $"{name} is no name of a model for Ollama", name, "Letters, digits, _, - and dots, perhaps USER/ before and :TAG behind: -Name (--name).");
        }
    }

    // What the file says of itself decides: the template and the stops are its own, in Ollama's language.
    private static (JsonObject Request, DerivedTemplate Template) Describe(PublishJob job)
    {
        using GgufSet file = GgufSet.Open(job.Artifact.Path);
        if (file.Files.Count > 1)
            throw new HafsException(ErrorKind.Unsupported, "SplitFile", $"{job.Artifact.Path} is one of {file.Files.Count} files of a model; Ollama takes one", job.Artifact.Path, "Join them first: Merge-Gguf (hafs gguf merge).");
        DerivedTemplate template = TemplateDerivation.Derive(Vocabulary.FromGguf(key => file.Find(key)?.Value, file.Path));
        var parameters = new JsonObject();
        if (template.Stops.Count > 0)
            parameters["stop"] = new JsonArray([.. template.Stops.Select(s => JsonValue.Create(s))]);
        if (job.Server.ContextLength > 0)
            parameters["num_ctx"] = job.Server.ContextLength;
        var request = new JsonObject { ["model"] = job.Name, ["template"] = template.Template, ["parameters"] = parameters, ["stream"] = true };
        if (job.System is { } system)
            request["system"] = system;
        if (file.Find("general.license")?.Value is string license)
            request["license"] = license;
        return (request, template);
    }

    private static async Task<string> HashAsync(Artifact artifact, CancellationToken cancellationToken)
    {
        FileStream stream = File.OpenRead(artifact.Path);
        await using (stream.ConfigureAwait(false))
        {
            string found = Convert.ToHexStringLower(await SHA256.HashDataAsync(stream, cancellationToken).ConfigureAwait(false));
            return artifact.Sha256.Length == 0 || artifact.Sha256 == found ? found : throw new HafsException(
                ErrorKind.InvalidData, "ArtifactChanged", $"{artifact.Path}: the file changed since it was made (sha256 {found}, recorded {artifact.Sha256})", artifact.Path, "Convert the model again.");
        }
    }

    private static async Task SendBlobAsync(BackendClient client, PublishJob job, string digest, IProgress<WorkProgress>? progress, CancellationToken cancellationToken)
    {
        string path = $"api/blobs/{digest}", activity = $"Publishing {job.Name} on Ollama";
        using (var ask = new HttpRequestMessage(HttpMethod.Head, path))
        using (HttpResponseMessage there = await client.SendAsync(ask, null, cancellationToken).ConfigureAwait(false))
        {
            if (there.IsSuccessStatusCode)
            {
                progress?.Report(new WorkProgress(activity, "the file is there already", job.Artifact.SizeBytes, job.Artifact.SizeBytes));
                return;
            }

            if (there.StatusCode != HttpStatusCode.NotFound)
                await client.EnsureSuccessAsync(there, path, cancellationToken).ConfigureAwait(false);
        }

        long length = new FileInfo(job.Artifact.Path).Length;
        using var send = new HttpRequestMessage(HttpMethod.Post, path);
        using HttpResponseMessage sent = await client.UploadAsync(send, job.Artifact.Path, 0, length, done => progress?.Report(new WorkProgress(activity, "sending the file", done, length)), cancellationToken).ConfigureAwait(false);
        await client.EnsureSuccessAsync(sent, path, cancellationToken).ConfigureAwait(false);
    }

    private static async Task CreateAsync(BackendClient client, JsonObject request, IProgress<WorkProgress>? progress, CancellationToken cancellationToken)
    {
        string last = "";
        await foreach (JsonNode step in client.StreamAsync("api/create", request, cancellationToken).ConfigureAwait(false))
        {
            last = (string?)step["status"] ?? last;
            progress?.Report(new WorkProgress($"Publishing {(string?)request["model"]} on Ollama", last, step["completed"]?.GetValue<long>() ?? 0, step["total"]?.GetValue<long>() ?? 0));
        }

        if (last != "success")
            throw client.Unexpected("api/create", $"the model was not finished; the last that was said: \"{last}\"");
    }

    // It serves what was sent, and has generated with it.
    private static async Task ConfirmAsync(BackendClient client, string name, string template, CancellationToken cancellationToken)
    {
        JsonNode shown = await ShowAsync(client, name, cancellationToken).ConfigureAwait(false) ?? throw client.Unexpected("api/show", $"{name} was made, and is not there");
        if ((string?)shown["template"] != template)
            throw client.Unexpected("api/show", $"{name} has another template than was sent");
        var session = new OllamaSession(client, name, template);
        await session.GenerateAsync(new BackendPrompt("a", ReadOnlyMemory<int>.Empty, []), 1, cancellationToken).ConfigureAwait(false);
    }

    private static async Task<JsonNode?> ShowAsync(BackendClient client, string name, CancellationToken cancellationToken)
    {
        try
        {
            return await client.PostAsync("api/show", new JsonObject { ["model"] = name }, cancellationToken).ConfigureAwait(false);
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
            await client.SendJsonAsync(HttpMethod.Delete, "api/delete", new JsonObject { ["model"] = name }, cancellationToken).ConfigureAwait(false);
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

    [GeneratedRegex(@"^([A-Za-z0-9_][\w.-]*/){0,2}[A-Za-z0-9_][\w.-]{0,79}(:[A-Za-z0-9_][\w.-]{0,79})?$", RegexOptions.ECMAScript | RegexOptions.CultureInvariant)]
    private static partial Regex NamePattern();
}
