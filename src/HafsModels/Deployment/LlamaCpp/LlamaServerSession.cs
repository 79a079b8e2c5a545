using System.Diagnostics;
using System.Text;
using System.Text.Json.Nodes;
using HafsModels.Inference;
using HafsModels.Registry;
using HafsModels.Tokenizers;

namespace HafsModels.Deployment.LlamaCpp;

/// <summary>Asks a llama-server over its own interface, which takes token ids and tells probabilities.</summary>
internal sealed class LlamaServerSession(BackendClient client, DeploymentServer? server) : DeploymentSession
{
    /// <summary>How long an answer, or the next piece of one, may take.</summary>
    internal static readonly TimeSpan Patience = TimeSpan.FromMinutes(5);

    public override async Task<BackendReply> GenerateAsync(BackendPrompt prompt, int maxTokens, CancellationToken cancellationToken)
    {
        var request = new JsonObject
        {
            ["prompt"] = new JsonArray([.. prompt.Tokens.ToArray().Select(id => JsonValue.Create(id))]),
            ["n_predict"] = maxTokens,
            ["temperature"] = 0,
            ["repeat_penalty"] = 1,
            ["presence_penalty"] = 0,
            ["frequency_penalty"] = 0,
            ["n_probs"] = 1,
            ["cache_prompt"] = false,
            ["return_tokens"] = true,
            ["stream"] = true,
        };
        var text = new StringBuilder();
        var ids = new List<int>();
        var probabilities = new List<(int Id, double LogProbability)>();
        double first = 0, speed = 0;
        int? evaluated = null;
        StopReason? stop = null;
        long start = Stopwatch.GetTimestamp();
        await foreach (JsonNode piece in client.StreamAsync("completion", request, cancellationToken).ConfigureAwait(false))
        {
            first = first > 0 ? first : Stopwatch.GetElapsedTime(start).TotalMilliseconds;
            text.Append((string?)piece["content"]);
            if (piece["stop"]?.GetValue<bool>() == true)
            {
                // The last piece repeats nothing; it says why there are no more.
                evaluated = piece["tokens_evaluated"]?.GetValue<int>();
                speed = piece["timings"]?["predicted_per_second"]?.GetValue<double>() ?? 0;
                stop = (string?)piece["stop_type"] == "eos" ? StopReason.StopToken : piece["truncated"]?.GetValue<bool>() == true ? StopReason.ContextFull : StopReason.MaxTokens;
                continue;
            }

            ids.AddRange(piece["tokens"]?.AsArray().Select(id => id!.GetValue<int>()) ?? []);
            foreach (JsonNode? choice in piece["completion_probabilities"]?.AsArray() ?? [])
                probabilities.Add((choice!["id"]!.GetValue<int>(), choice["logprob"]!.GetValue<double>()));
        }

        if (stop is not { } reason)
            throw client.Unexpected("completion", "the stream ended before the answer did: the server broke off");
        return new BackendReply(text.ToString(), Join(ids, probabilities), reason, first, double.IsFinite(speed) ? speed : 0, evaluated);
    }

    public override async Task<BackendReply?> ChatAsync(IReadOnlyList<ChatMessage> messages, int maxTokens, CancellationToken cancellationToken) =>
        await OpenAI.OpenAIChat.AskAsync(client, "v1/chat/completions", null, messages, maxTokens, cancellationToken).ConfigureAwait(false);

    public override async Task<string?> RenderAsync(IReadOnlyList<ChatMessage> messages, CancellationToken cancellationToken) =>
        (string?)(await client.PostAsync("apply-template", new JsonObject { ["messages"] = OpenAI.OpenAIChat.Messages(messages) }, cancellationToken).ConfigureAwait(false))["prompt"];

    public override async Task<IReadOnlyList<int>?> TokenizeAsync(string text, CancellationToken cancellationToken)
    {
        JsonNode answer = await client.PostAsync("tokenize", new JsonObject { ["content"] = text, ["add_special"] = true, ["parse_special"] = true }, cancellationToken).ConfigureAwait(false);
        return answer["tokens"] is JsonArray tokens ? [.. tokens.Select(id => id!.GetValue<int>())] : throw client.Unexpected("tokenize", "the answer has no tokens");
    }

    public override Task<long?> MemoryAsync(CancellationToken cancellationToken) => Task.FromResult(server is null ? null : DetachedProcess.Memory(server));

    public override ValueTask DisposeAsync()
    {
        client.Dispose();
        return base.DisposeAsync();
    }

    // Probabilities come with whole characters only: a token that is a part of one has none.
    private static List<ReplyToken> Join(List<int> ids, List<(int Id, double LogProbability)> probabilities)
    {
        var tokens = new List<ReplyToken>(ids.Count);
        int next = 0;
        foreach (int id in ids)
        {
            bool known = next < probabilities.Count && probabilities[next].Id == id;
            tokens.Add(new ReplyToken(id, null, known ? probabilities[next++].LogProbability : null));
        }

        return tokens;
    }
}
