using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace HafsModels.Deployment;

/// <summary>JSON over HTTP with a backend. Whatever goes wrong becomes an error that says which backend, where, and what it answered.</summary>
/// <remarks>A key goes over TLS or loopback only. No answer is followed to another host.</remarks>
internal sealed class BackendClient : IDisposable
{
    private const int LongestLine = 64 << 20;
    private const int LongestComplaint = 2000;

    private readonly HttpClient http;
    private readonly string backend;
    private readonly Uri endpoint;
    private readonly TimeSpan patience;

    /// <summary>Makes a client; nothing is sent yet.</summary>
    /// <param name="backend">Name of the backend, for messages.</param>
    /// <param name="endpoint">Its address; paths are relative to it.</param>
    /// <param name="key">A bearer token, or null.</param>
    /// <param name="patience">How long an answer, or the next piece of one, may take.</param>
    /// <exception cref="HafsException">The address is no HTTP address, or a key would go over an open line.</exception>
    public BackendClient(string backend, Uri endpoint, string? key, TimeSpan patience)
    {
        if (endpoint.Scheme is not ("http" or "https"))
            throw new HafsException(ErrorKind.InvalidArgument, "EndpointNotHttp", $"{endpoint}: a backend's address begins with http:// or https://", endpoint.ToString());
        if (key is not null && endpoint.Scheme != "https" && !endpoint.IsLoopback)
        {
            throw new HafsException(
                ErrorKind.InvalidArgument, "TlsRequired", $"{endpoint}: a key is sent over TLS or to this machine only, and this address is neither", endpoint.ToString(), "Use an https:// address, or a tunnel to loopback.");
        }

        this.backend = backend;
        this.endpoint = endpoint.AbsoluteUri.EndsWith('/') ? endpoint : new Uri(endpoint.AbsoluteUri + "/");
        this.patience = patience;
        http = new HttpClient(new SocketsHttpHandler { ConnectTimeout = TimeSpan.FromSeconds(10), UseProxy = !endpoint.IsLoopback, AllowAutoRedirect = false })
        {
            BaseAddress = this.endpoint,
            Timeout = Timeout.InfiniteTimeSpan,
        };

        // Servers drop idle connections when they like; a request that meets that moment fails and must not be sent twice.
        http.DefaultRequestHeaders.ConnectionClose = true;
        if (key is not null)
            http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", key);
    }

    /// <summary>Where the backend is.</summary>
    public Uri Endpoint => endpoint;

    /// <summary>Asks for a document.</summary>
    public Task<JsonNode> GetAsync(string path, CancellationToken cancellationToken) => SendJsonAsync(HttpMethod.Get, path, null, cancellationToken);

    /// <summary>Posts a document and takes one.</summary>
    public Task<JsonNode> PostAsync(string path, JsonObject body, CancellationToken cancellationToken) => SendJsonAsync(HttpMethod.Post, path, body, cancellationToken);

    /// <summary>Sends a request and gives the answer, whatever its status; the caller judges and disposes it.</summary>
    /// <param name="request">The request; its address relative to the endpoint.</param>
    /// <param name="wait">How long the answer may take; null for this client's patience.</param>
    /// <param name="cancellationToken">Ends the work.</param>
    public async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, TimeSpan? wait, CancellationToken cancellationToken)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(wait ?? patience);
        string path = request.RequestUri!.OriginalString;
        try
        {
            return await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, limit.Token).ConfigureAwait(false);
        }
        catch (Exception exception) when (Explain(exception, path, cancellationToken) is { } explained)
        {
            throw explained;
        }
    }

    /// <summary>Sends a stretch of a file; waits as long as bytes move. The caller judges and disposes the answer.</summary>
    /// <param name="request">The request without a body.</param>
    /// <param name="file">The file.</param>
    /// <param name="offset">First byte.</param>
    /// <param name="length">Bytes to send.</param>
    /// <param name="onSent">Told the bytes that were handed to the connection so far.</param>
    /// <param name="cancellationToken">Ends the work.</param>
    public async Task<HttpResponseMessage> UploadAsync(HttpRequestMessage request, string file, long offset, long length, Action<long> onSent, CancellationToken cancellationToken)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(patience);
        string path = request.RequestUri!.OriginalString;
        request.Content = new UploadContent(file, offset, length, sent =>
        {
            limit.CancelAfter(patience);
            onSent(sent);
        });
        try
        {
            return await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, limit.Token).ConfigureAwait(false);
        }
        catch (Exception exception) when ((exception as HafsException ?? exception.InnerException as HafsException ?? Explain(exception, path, cancellationToken)) is { } explained)
        {
            throw explained;
        }
    }

    /// <summary>Sends JSON, or nothing, and takes JSON; an empty answer is an empty object.</summary>
    public async Task<JsonNode> SendJsonAsync(HttpMethod method, string path, JsonNode? body, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(method, path) { Content = body is null ? null : JsonContent.Create(body) };
        using HttpResponseMessage response = await SendAsync(request, null, cancellationToken).ConfigureAwait(false);
        await EnsureSuccessAsync(response, path, cancellationToken).ConfigureAwait(false);
        string text = await ReadAsync(response, path, cancellationToken).ConfigureAwait(false);
        return text.Length == 0 ? new JsonObject() : Parse(text, path);
    }

    /// <summary>Posts JSON and takes a stream of documents: server-sent events, or one a line. Ends at the end of the answer or at <c>[DONE]</c>.</summary>
    public async IAsyncEnumerable<JsonNode> StreamAsync(string path, JsonObject body, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, path) { Content = JsonContent.Create(body) };
        using HttpResponseMessage response = await SendAsync(request, null, cancellationToken).ConfigureAwait(false);
        await EnsureSuccessAsync(response, path, cancellationToken).ConfigureAwait(false);
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        using var reader = new StreamReader(await response.Content.ReadAsStreamAsync(cancellationToken).ConfigureAwait(false), Encoding.UTF8);
        while (true)
        {
            string? line;
            limit.CancelAfter(patience);
            try
            {
                line = await reader.ReadLineAsync(limit.Token).ConfigureAwait(false);
            }
            catch (Exception exception) when (Explain(exception, path, cancellationToken) is { } explained)
            {
                throw explained;
            }

            if (line is null)
                yield break;
            if (line.StartsWith("data:", StringComparison.Ordinal))
                line = line["data:".Length..];
            line = line.Trim();
            if (line == "[DONE]")
                yield break;
            if (line.Length is 0 or > LongestLine || line.StartsWith(':') || line.StartsWith("event:", StringComparison.Ordinal) || line.StartsWith("id:", StringComparison.Ordinal))
                continue;
            if (line.StartsWith("error:", StringComparison.Ordinal))
                line = line["error:".Length..];
            JsonNode document = Parse(line, path);
            if (document is JsonObject o && Complaint(o) is { } complaint)
                throw new HafsException(ErrorKind.Unavailable, "BackendFailed", $"{backend} at {endpoint}{path}: broke off with \"{complaint}\"", endpoint.ToString());
            yield return document;
        }
    }

    /// <summary>Fails where an answer is no success, with what the backend said of it.</summary>
    public async Task EnsureSuccessAsync(HttpResponseMessage response, string path, CancellationToken cancellationToken)
    {
        if (response.IsSuccessStatusCode)
            return;
        string text = await ReadAsync(response, path, cancellationToken).ConfigureAwait(false);
        string? complaint = null;
        try
        {
            complaint = JsonNode.Parse(text) is JsonObject o ? Complaint(o) : null;
        }
        catch (JsonException)
        {
            // Not JSON: shown as it is.
        }

        complaint ??= text.ReplaceLineEndings(" ").Trim();
        complaint = complaint.Length > LongestComplaint ? complaint[..LongestComplaint] : complaint;
        (ErrorKind kind, string id, string? hint) = response.StatusCode switch
        {
            HttpStatusCode.NotFound => (ErrorKind.NotFound, "BackendNotFound", null),
            HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden => (ErrorKind.PermissionDenied, "BackendDenied", "The backend wants a key, or another one: -Credential, or the environment variable of the backend."),
            HttpStatusCode.BadRequest or HttpStatusCode.UnprocessableEntity => (ErrorKind.InvalidArgument, "BackendRefused", null),
            HttpStatusCode.Conflict => (ErrorKind.Conflict, "BackendConflict", null),
            HttpStatusCode.InsufficientStorage or HttpStatusCode.RequestEntityTooLarge => (ErrorKind.ResourceExhausted, "BackendFull", null),
            _ => (ErrorKind.Unavailable, "BackendFailed", (string?)null),
        };
        throw new HafsException(kind, id, $"{backend} at {endpoint}{path} answered {(int)response.StatusCode} {response.ReasonPhrase}{(complaint.Length > 0 ? ": " + complaint : "")}", endpoint.ToString(), hint);
    }

    /// <summary>An error for an answer that is not what the interface promises.</summary>
    public HafsException Unexpected(string path, string what) =>
        new(ErrorKind.Unavailable, "BackendAnswerUnexpected", $"{backend} at {endpoint}{path}: {what}", endpoint.ToString(), "Is this the backend it was taken for?");

    /// <summary>Closes the connections.</summary>
    public void Dispose() => http.Dispose();

    private async Task<string> ReadAsync(HttpResponseMessage response, string path, CancellationToken cancellationToken)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(patience);
        try
        {
            return await response.Content.ReadAsStringAsync(limit.Token).ConfigureAwait(false);
        }
        catch (Exception exception) when (Explain(exception, path, cancellationToken) is { } explained)
        {
            throw explained;
        }
    }

    private JsonNode Parse(string text, string path)
    {
        try
        {
            return JsonNode.Parse(text) ?? throw Unexpected(path, "the answer is null");
        }
        catch (JsonException exception)
        {
            throw Unexpected(path, $"the answer is no JSON: {exception.Message}");
        }
    }

    // "error" is a sentence, or an object with one.
    private static string? Complaint(JsonObject answer) => answer["error"] switch
    {
        JsonObject o => o["message"]?.ToString() ?? o.ToJsonString(),
        null => null,
        { } other => other.ToString(),
    };

    private HafsException? Explain(Exception exception, string path, CancellationToken cancellationToken) => exception switch
    {
        OperationCanceledException when cancellationToken.IsCancellationRequested => null,
        OperationCanceledException => new HafsException(
            ErrorKind.Unavailable, "BackendTimeout", $"{backend} at {endpoint}{path}: no answer within {patience.TotalSeconds:0.#} s", endpoint.ToString(), "Is it busy with another model, or loading one?", exception),
        HttpRequestException { InnerException: not IOException, HttpRequestError: HttpRequestError.ConnectionError or HttpRequestError.NameResolutionError or HttpRequestError.SecureConnectionError } => new HafsException(
            ErrorKind.Unavailable, "BackendUnreachable", $"{backend} at {endpoint} cannot be reached: {Innermost(exception)}", endpoint.ToString(), "Is it running there?", exception),
        HttpRequestException or IOException => new HafsException(
            ErrorKind.Unavailable, "BackendBrokeOff", $"{backend} at {endpoint}{path}: the connection broke off: {Innermost(exception)}", endpoint.ToString(), "Did it crash? Its log tells.", exception),
        _ => null,
    };

    private static string Innermost(Exception exception) => exception.GetBaseException().Message;
}
