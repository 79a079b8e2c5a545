using System.Diagnostics;
using System.Text;
using System.Text.Json.Nodes;
using HafsModels.Exports.Ollama;
using HafsModels.Inference;
using HafsModels.Tokenizers;

namespace HafsModels.Deployment.Ollama;

/// <summary>Asks Ollama, which takes text: raw prompts as they are, conversations through its template. Newer servers tell log-probabilities.</summary>
internal sealed class OllamaSession(BackendClient client, string model, string? template) : DeploymentSession
{
    public override bool RendersItself => false;

    public override Task<BackendReply> GenerateAsync(BackendPrompt prompt, int maxTokens, CancellationToken cancellationToken)
    {
        JsonObject request = Request(maxTokens);
        request["prompt"] = prompt.TextToTokenize;
        request["raw"] = true;
        return ReadAsync("api/generate", request, piece => (string?)piece["response"], cancellationToken);
    }

    public override async Task<BackendReply?> ChatAsync(IReadOnlyList<ChatMessage> messages, int maxTokens, CancellationToken cancellationToken)
    {
        JsonObject request = Request(maxTokens);
        request["messages"] = OpenAI.OpenAIChat.Messages(messages);
        return await ReadAsync("api/chat", request, piece => (string?)piece["message"]?["content"], cancellationToken).ConfigureAwait(false);
    }

    // What its template makes by Ollama's rules, carried out here; what it really does shows in its answers.
    public override Task<string?> RenderAsync(IReadOnlyList<ChatMessage> messages, CancellationToken cancellationToken)
    {
        try
        {
            return Task.FromResult(template is null ? null : OllamaTemplate.Parse(template).Render(messages));
        }
        catch (HafsException)
        {
            return Task.FromResult<string?>(null);
        }
    }

    public override async Task<long?> MemoryAsync(CancellationToken cancellationToken)
    {
        JsonNode running = await client.GetAsync("api/ps", cancellationToken).ConfigureAwait(false);
        return (running["models"] as JsonArray)?.FirstOrDefault(m => Same((string?)m?["model"] ?? (string?)m?["name"]))?["size"]?.GetValue<long>();
    }

    public override ValueTask DisposeAsync()
    {
        client.Dispose();
        return base.DisposeAsync();
    }

    // A name without a tag means the tag "latest".
    private bool Same(string? name) => name == model || name == model + ":latest";

    private JsonObject Request(int maxTokens) => new()
    {
        ["model"] = model,
        ["stream"] = true,
        ["logprobs"] = true,
        ["options"] = new JsonObject { ["temperature"] = 0, ["num_predict"] = maxTokens, ["repeat_penalty"] = 1, ["presence_penalty"] = 0, ["frequency_penalty"] = 0, ["seed"] = 0 },
    };

    private async Task<BackendReply> ReadAsync(string path, JsonObject request, Func<JsonNode, string?> content, CancellationToken cancellationToken)
    {
        var text = new StringBuilder();
        var tokens = new List<ReplyToken>();
        double first = 0, speed = 0;
        int? prompted = null;
        string? reason = null;
        long start = Stopwatch.GetTimestamp();
        await foreach (JsonNode piece in client.StreamAsync(path, request, cancellationToken).ConfigureAwait(false))
        {
            string? added = content(piece);
            first = first == 0 && !string.IsNullOrEmpty(added) ? Stopwatch.GetElapsedTime(start).TotalMilliseconds : first;
            text.Append(added);
            foreach (JsonNode? token in piece["logprobs"] as JsonArray ?? [])
            {
                byte[] bytes = token!["bytes"] is JsonArray raw ? [.. raw.Select(b => (byte)b!.GetValue<int>())] : Encoding.UTF8.GetBytes((string?)token["token"] ?? "");
                tokens.Add(new ReplyToken(null, bytes, token["logprob"]?.GetValue<double>()));
            }

            if (piece["done"]?.GetValue<bool>() != true)
                continue;
            reason = (string?)piece["done_reason"] ?? "stop";
            prompted = piece["prompt_eval_count"]?.GetValue<int>();
            double seconds = (piece["eval_duration"]?.GetValue<double>() ?? 0) / 1e9;
            speed = seconds > 0 ? (piece["eval_count"]?.GetValue<double>() ?? 0) / seconds : 0;
        }

        return reason is null
            ? throw client.Unexpected(path, "the stream ended before the answer did: the server broke off")
            : new BackendReply(text.ToString(), tokens, reason == "length" ? StopReason.MaxTokens : StopReason.StopToken, first, speed, prompted);
    }
}
