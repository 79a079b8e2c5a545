using System.Collections.Concurrent;
using System.Net;
using System.Security.Cryptography;
using System.Text.Json.Nodes;
using HafsModels.Tests.Inference;

namespace HafsModels.Tests.Deployment;

/// <summary>A node that implements docs/halext-api.md: uploads on disk, models in memory; it serves with the real llama-server, or, where a test needs no answers, with one word.</summary>
internal sealed class HalextDouble : HttpDouble
{
    public const string Token = "open-sesame";
    public const int ChunkBytes = 1 << 20;

    private readonly ConcurrentDictionary<string, Model> models = new();
    private readonly ConcurrentDictionary<string, long> sizes = new();
    private readonly string folder;
    private readonly bool serves;

    private HalextDouble(string folder, bool serves, HalextDouble?[] self)
        : base(context => self[0]!.AnswerAsync(context))
    {
        this.folder = folder;
        this.serves = serves;
    }

    public ConcurrentQueue<string> Requests { get; } = new();

    /// <summary>Answers a request in place of the double, where it returns true.</summary>
    public Func<HttpListenerContext, Task<bool>>? Before { get; set; }

    /// <summary>Why serving fails, or null.</summary>
    public string? Failure { get; set; }

    public IEnumerable<string> Models => models.Keys;

    public static HalextDouble Start(string folder, bool serves)
    {
        var self = new HalextDouble?[1];
        Directory.CreateDirectory(Path.Combine(folder, "node"));
        return self[0] = new HalextDouble(folder, serves, self);
    }

    public override void Dispose()
    {
        base.Dispose();
        foreach (Model model in models.Values)
            model.Server?.Dispose();
    }

    private async Task AnswerAsync(HttpListenerContext context)
    {
        string path = context.Request.Url!.AbsolutePath.TrimStart('/'), method = context.Request.HttpMethod;
        Requests.Enqueue($"{method} {path}");
        if (Before is not null && await Before(context))
            return;
        if (context.Request.Headers["Authorization"] != $"Bearer {Token}")
        {
            await FailAsync(context, 401, "who are you?");
            return;
        }

        string[] parts = path.Split('/');
        if (parts is ["v1", "uploads", var id] && method == "PUT")
        {
            await ChunkAsync(context, id);
            return;
        }

        using var reader = new StreamReader(context.Request.InputStream);
        string text = await reader.ReadToEndAsync();
        JsonObject body = text.Length > 0 ? JsonNode.Parse(text)!.AsObject() : [];
        await (parts switch
        {
            ["v1", "node"] => WriteAsync(context, 200, """{"api": 1, "node": "double"}"""),
            ["v1", "uploads"] => BeginAsync(context, (string)body["sha256"]!, body["size"]!.GetValue<long>()),
            ["v1", "uploads", var upload] => WriteAsync(context, 200, $$"""{"received": {{Length(upload)}}}"""),
            ["v1", "uploads", var upload, "complete"] => CompleteAsync(context, upload),
            ["v1", "models", var name] when method == "PUT" => RegisterAsync(context, name, body),
            ["v1", "models", var name] when method == "DELETE" => DeleteAsync(context, name),
            ["v1", "models", var name] => models.TryGetValue(name, out Model? model) ? WriteAsync(context, 200, Describe(name, model).ToJsonString()) : FailAsync(context, 404, "no such model"),
            ["v1", "models", var name, "serve"] => ServeAsync(context, name),
            ["word", "models"] => WriteAsync(context, 200, new JsonObject { ["data"] = new JsonArray([.. models.Keys.Select(k => new JsonObject { ["id"] = k })]) }.ToJsonString()),
            ["word", "completions"] => WriteAsync(context, 200, "data: {\"choices\":[{\"text\":\"word\",\"finish_reason\":\"length\"}]}\n\ndata: [DONE]\n\n", "text/event-stream"),
            _ => FailAsync(context, 404, "no such thing"),
        });
    }

    private Task BeginAsync(HttpListenerContext context, string sha256, long size)
    {
        if (File.Exists(FileOf(sha256)))
            return WriteAsync(context, 200, """{"complete": true}""");
        sizes[sha256] = size;
        return WriteAsync(context, 201, $$"""{"upload": "{{sha256}}", "received": {{Length(sha256)}}, "chunk_bytes": {{ChunkBytes}}}""");
    }

    private async Task ChunkAsync(HttpListenerContext context, string id)
    {
        using var chunk = new MemoryStream();
        await context.Request.InputStream.CopyToAsync(chunk);
        byte[] bytes = chunk.ToArray();
        bool fits = bytes.Length is > 0 and <= ChunkBytes && context.Request.Headers["Chunk-Offset"] == $"{Length(id)}"
            && context.Request.Headers["Chunk-Sha256"] == Convert.ToHexStringLower(SHA256.HashData(bytes));
        if (!fits)
        {
            await FailAsync(context, 409, "not the chunk that comes next");
            return;
        }

        await using (FileStream file = new(FileOf(id) + ".partial", FileMode.Append))
            await file.WriteAsync(bytes);
        await WriteAsync(context, 200, $$"""{"received": {{Length(id)}}}""");
    }

    private Task CompleteAsync(HttpListenerContext context, string id)
    {
        string partial = FileOf(id) + ".partial";
        byte[] bytes = File.ReadAllBytes(partial);
        if (bytes.Length != sizes[id] || Convert.ToHexStringLower(SHA256.HashData(bytes)) != id)
        {
            File.Delete(partial);
            return FailAsync(context, 422, "the file has another hash");
        }

        File.Move(partial, FileOf(id));
        return WriteAsync(context, 200, "{}");
    }

    private Task RegisterAsync(HttpListenerContext context, string name, JsonObject body)
    {
        string sha256 = (string)body["sha256"]!;
        if (!File.Exists(FileOf(sha256)))
            return FailAsync(context, 422, "no such file");
        if (models.TryGetValue(name, out Model? there) && there.Sha256 != sha256 && !body["replace"]!.GetValue<bool>())
            return FailAsync(context, 409, "the name is taken");
        there?.Server?.Dispose();
        models[name] = new Model(sha256);
        return WriteAsync(context, 200, """{"state": "stopped"}""");
    }

    private async Task ServeAsync(HttpListenerContext context, string name)
    {
        Model model = models[name];
        model.State = "starting";
        await WriteAsync(context, 202, """{"state": "starting"}""");
        _ = Task.Run(() =>
        {
            if (Failure is null && serves)
                model.Server = new LlamaServer(FileOf(model.Sha256), "--alias", name);
            model.State = Failure is null ? "serving" : "failed";
        });
    }

    private Task DeleteAsync(HttpListenerContext context, string name)
    {
        if (!models.TryRemove(name, out Model? model))
            return FailAsync(context, 404, "no such model");
        model.Server?.Dispose();
        return WriteAsync(context, 200, "{}");
    }

    private JsonObject Describe(string name, Model model)
    {
        var answer = new JsonObject { ["name"] = name, ["sha256"] = model.Sha256, ["state"] = model.State, ["message"] = model.State == "failed" ? Failure : null };
        if (model.State == "serving")
            answer["endpoint"] = model.Server is { } server ? new Uri(server.Endpoint, "v1").AbsoluteUri : "word";
        return answer;
    }

    private long Length(string id) => new FileInfo(FileOf(id) + ".partial") is { Exists: true } file ? file.Length : 0;

    private string FileOf(string sha256) => Path.Combine(folder, "node", sha256);

    private static Task FailAsync(HttpListenerContext context, int status, string message) => WriteAsync(context, status, new JsonObject { ["error"] = new JsonObject { ["message"] = message } }.ToJsonString());

    private sealed record Model(string Sha256)
    {
        public string State { get; set; } = "stopped";

        public LlamaServer? Server { get; set; }
    }
}
