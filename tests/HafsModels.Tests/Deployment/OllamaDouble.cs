using System.Collections.Concurrent;
using System.Net;
using System.Security.Cryptography;
using System.Text.Json.Nodes;
using HafsModels.Exports.Ollama;
using HafsModels.Formats.Gguf;
using HafsModels.Inference;
using HafsModels.Tokenizers;

namespace HafsModels.Tests.Deployment;

/// <summary>
/// Stands in for Ollama: its HTTP interface for blobs, create, show, generate, chat, delete, ps and tags, over models that the embedded decoder runs. It renders
/// conversations with the template that it was given. The real client of npm is driven against it in a test.
/// </summary>
internal sealed class OllamaDouble : HttpDouble
{
    private readonly ConcurrentDictionary<string, Entry> models = new();
    private readonly string folder;

    private OllamaDouble(string folder, OllamaDouble?[] self)
        : base(context => self[0]!.AnswerAsync(context)) => this.folder = folder;

    /// <summary>Every request: method and path.</summary>
    public ConcurrentQueue<string> Requests { get; } = new();

    /// <summary>The last body of a create.</summary>
    public JsonObject? Created { get; private set; }

    /// <summary>Answers a request in place of the double, where it returns true.</summary>
    public Func<HttpListenerContext, Task<bool>>? Before { get; set; }

    /// <summary>Puts another template in the place of what it was given when it serves, as a server that has its own idea.</summary>
    public string? OwnTemplate { get; set; }

    public IEnumerable<string> Models => models.Keys;

    public static OllamaDouble Start(string folder)
    {
        var self = new OllamaDouble?[1];
        Directory.CreateDirectory(Path.Combine(folder, "blobs"));
        return self[0] = new OllamaDouble(folder, self);
    }

    public override void Dispose()
    {
        base.Dispose();
        foreach (Entry entry in models.Values)
            entry.Generator?.Dispose();
    }

    private async Task AnswerAsync(HttpListenerContext context)
    {
        string path = context.Request.Url!.AbsolutePath, route = $"{context.Request.HttpMethod} {path}";
        Requests.Enqueue(route);
        if (Before is not null && await Before(context))
            return;
        if (path.StartsWith("/api/blobs/", StringComparison.Ordinal))
        {
            await BlobAsync(context, path["/api/blobs/".Length..]);
            return;
        }

        using var reader = new StreamReader(context.Request.InputStream);
        string text = await reader.ReadToEndAsync();
        JsonObject body = text.Length > 0 ? JsonNode.Parse(text)!.AsObject() : [];
        switch (route)
        {
            case "GET /api/version":
                await WriteAsync(context, 200, """{"version":"0.33.0"}""");
                break;
            case "GET /api/tags":
                await WriteAsync(context, 200, new JsonObject { ["models"] = new JsonArray([.. models.Select(m => Listed(m.Key, m.Value))]) }.ToJsonString());
                break;
            case "GET /api/ps":
                await WriteAsync(context, 200, new JsonObject { ["models"] = new JsonArray([.. models.Where(m => m.Value.Generator is not null).Select(m => Listed(m.Key, m.Value))]) }.ToJsonString());
                break;
            case "POST /api/create":
                await CreateAsync(context, body);
                break;
            case "POST /api/show" when Find(body) is { } shown:
                await WriteAsync(context, 200, Shown(shown).ToJsonString());
                break;
            case "DELETE /api/delete" when models.TryRemove(Tagged((string?)body["model"] ?? (string?)body["name"] ?? ""), out Entry? removed):
                removed.Generator?.Dispose();
                context.Response.ContentLength64 = 0;
                break;
            case "POST /api/generate" or "POST /api/chat" when Find(body) is { } asked:
                await GenerateAsync(context, body, asked, path == "/api/chat");
                break;
            default:
                await WriteAsync(context, 404, new JsonObject { ["error"] = (body["model"] ?? body["name"]) is { } name ? $"model '{name}' not found" : "404 page not found" }.ToJsonString());
                break;
        }
    }

    private async Task BlobAsync(HttpListenerContext context, string digest)
    {
        string file = Path.Combine(folder, "blobs", digest.Replace(':', '-'));
        if (context.Request.HttpMethod == "HEAD")
        {
            context.Response.StatusCode = File.Exists(file) ? 200 : 404;
            return;
        }

        string partial = file + Guid.NewGuid();
        await using (FileStream target = File.Create(partial))
            await context.Request.InputStream.CopyToAsync(target);
        string found = "sha256:" + Convert.ToHexStringLower(SHA256.HashData(await File.ReadAllBytesAsync(partial)));
        if (found != digest)
        {
            File.Delete(partial);
            await WriteAsync(context, 400, $$"""{"error":"digest mismatch, expected \"{{digest}}\", got \"{{found}}\""}""");
            return;
        }

        File.Move(partial, file, overwrite: true);
        context.Response.StatusCode = 201;
    }

    private async Task CreateAsync(HttpListenerContext context, JsonObject body)
    {
        Created = body;
        bool streams = body["stream"]?.GetValue<bool>() ?? true;
        if ((string?)body["from"] is { } from && models.TryGetValue(Tagged(from), out Entry? basis))
        {
            models[Tagged((string)body["model"]!)] = new Entry(basis.File, (string?)body["template"] ?? basis.Template, basis.Parameters, (string?)body["system"] ?? basis.System, null);
            await StepsAsync(context, streams, ["using existing layer sha256:0", "writing manifest", "success"]);
            return;
        }

        string digest = (string?)body["files"]?.AsObject().First().Value ?? "", file = Path.Combine(folder, "blobs", digest.Replace(':', '-'));
        if (!File.Exists(file))
        {
            await WriteAsync(context, 400, """{"error":"blob not found"}""");
            return;
        }

        if ((string?)body["quantize"] is { } quantize && quantize is not ("q8_0" or "q4_K_S" or "q4_K_M"))
        {
            await WriteAsync(context, 200, $$"""{"error":"unsupported quantization type {{quantize}}"}""" + "\n", "application/x-ndjson");
            return;
        }

        GgufFile.Open(file).Dispose();
        models[Tagged((string)body["model"]!)] = new Entry(file, (string?)body["template"] ?? "{{ .Prompt }}", body["parameters"]?.AsObject().DeepClone().AsObject() ?? [], (string?)body["system"] ?? "", null);
        await StepsAsync(context, streams, ["parsing GGUF", $"using existing layer {digest}", "creating new layer sha256:1", "writing manifest", "success"]);
    }

    private static async Task StepsAsync(HttpListenerContext context, bool streams, string[] steps)
    {
        foreach (string step in streams ? steps : steps[^1..])
            await WriteAsync(context, 200, new JsonObject { ["status"] = step }.ToJsonString() + "\n", streams ? "application/x-ndjson" : "application/json");
    }

    private async Task GenerateAsync(HttpListenerContext context, JsonObject body, Entry model, bool chat)
    {
        TextGenerator generator = model.Generator ??= TextGenerator.Open(model.File, 1, default);
        OllamaTemplate template = OllamaTemplate.Parse(OwnTemplate ?? model.Template);
        string prompt = chat ? template.Render(body["messages"]!.AsArray().Select(m => new ChatMessage((string)m!["role"]!, (string)m["content"]!)))
            : body["raw"]?.GetValue<bool>() == true ? (string)body["prompt"]!
            : template.Render([new ChatMessage("user", (string)body["prompt"]!)]);
        int[] tokens = generator.Tokenizer.Encode(prompt);
        int most = body["options"]?["num_predict"]?.GetValue<int>() ?? 128;
        bool streams = body["stream"]?.GetValue<bool>() ?? true, probabilities = body["logprobs"]?.GetValue<bool>() ?? false;
        string name = (string)body["model"]!;
        DecoderSession session = generator.Decoder.NewSession();
        StreamingText stream = generator.Tokenizer.Stream();
        float[] logits = session.Append(tokens, default);
        var whole = new System.Text.StringBuilder();
        var all = new JsonArray();
        string reason = "length";
        int count = 0;
        for (; count < most; count++)
        {
            int next = Array.IndexOf(logits, logits.Max());
            if (generator.StopTokens.Contains(next))
            {
                reason = "stop";
                break;
            }

            string piece = stream.Append(next);
            byte[] bytes = generator.Tokenizer.BytesOf(next, first: false);
            var token = new JsonObject { ["token"] = piece, ["logprob"] = logits[next] - LogitComparison.LogSumExp(logits), ["bytes"] = new JsonArray([.. bytes.Select(b => JsonValue.Create((int)b))]) };
            whole.Append(piece);
            if (streams)
                await WriteAsync(context, 200, Piece(piece, false, probabilities ? [token] : null).ToJsonString() + "\n", "application/x-ndjson");
            else
                all.Add(token);
            session.Append([next], logits, default);
        }

        JsonObject last = Piece(streams ? "" : whole.ToString(), true, streams || !probabilities ? null : all);
        last["done_reason"] = reason;
        last["prompt_eval_count"] = tokens.Length;
        last["eval_count"] = count;
        last["eval_duration"] = 1_000_000L * Math.Max(1, count);
        await WriteAsync(context, 200, last.ToJsonString() + "\n", streams ? "application/x-ndjson" : "application/json");

        JsonObject Piece(string text, bool done, JsonArray? logprobs)
        {
            var piece = new JsonObject { ["model"] = name, ["created_at"] = "2026-01-01T00:00:00Z", ["done"] = done };
            if (chat)
                piece["message"] = new JsonObject { ["role"] = "assistant", ["content"] = text };
            else
                piece["response"] = text;
            if (logprobs is not null)
                piece["logprobs"] = logprobs;
            return piece;
        }
    }

    private static JsonObject Shown(Entry model)
    {
        using GgufFile file = GgufFile.Open(model.File);
        string architecture = (string)file.Find("general.architecture")!.Value;
        return new JsonObject
        {
            ["modelfile"] = "",
            ["template"] = model.Template,
            ["system"] = model.System,
            ["parameters"] = string.Join("\n", model.Parameters.SelectMany(p => p.Value is JsonArray values ? values.Select(v => $"{p.Key,-30} \"{v}\"") : [$"{p.Key,-30} {p.Value}"])),
            ["details"] = new JsonObject { ["format"] = "gguf", ["family"] = architecture },
            ["model_info"] = new JsonObject { ["general.architecture"] = architecture },
        };
    }

    private static JsonObject Listed(string name, Entry model) => new()
    {
        ["name"] = name,
        ["model"] = name,
        ["size"] = new FileInfo(model.File).Length,
        ["digest"] = Path.GetFileName(model.File),
        ["details"] = new JsonObject { ["format"] = "gguf" },
    };

    private Entry? Find(JsonObject body) => models.GetValueOrDefault(Tagged((string?)body["model"] ?? ""));

    private static string Tagged(string name) => name.Contains(':', StringComparison.Ordinal) ? name : name + ":latest";

    private sealed record Entry(string File, string Template, JsonObject Parameters, string System, TextGenerator? Generator)
    {
        public TextGenerator? Generator { get; set; } = Generator;
    }
}
