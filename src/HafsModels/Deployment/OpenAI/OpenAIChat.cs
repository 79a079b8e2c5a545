using System.Diagnostics;
using System.Text;
using System.Text.Json.Nodes;
using HafsModels.Inference;
using HafsModels.Tokenizers;

namespace HafsModels.Deployment.OpenAI;

/// <summary>The streams of the OpenAI interface: chat completions and completions, with log-probabilities in either of their two forms.</summary>
internal static class OpenAIChat
{
    /// <summary>Messages as the interface spells them.</summary>
    public static JsonArray Messages(IReadOnlyList<ChatMessage> messages) => [.. messages.Select(m => new JsonObject { ["role"] = m.Role, ["content"] = m.Content })];

    /// <summary>Answers a conversation greedily.</summary>
    /// <param name="client">The backend.</param>
    /// <param name="path">Path of the interface.</param>
    /// <param name="model">Name of the model; null where the server has but one.</param>
    /// <param name="messages">The conversation.</param>
    /// <param name="maxTokens">Most tokens to generate.</param>
    /// <param name="cancellationToken">Ends the work.</param>
    public static Task<BackendReply> AskAsync(BackendClient client, string path, string? model, IReadOnlyList<ChatMessage> messages, int maxTokens, CancellationToken cancellationToken)
    {
        JsonObject request = Request(model, maxTokens);
        request["messages"] = Messages(messages);
        return ReadAsync(client, path, request, cancellationToken);
    }

    /// <summary>What every request says: greedily, streamed, with the count of tokens at the end.</summary>
    public static JsonObject Request(string? model, int maxTokens)
    {
        var request = new JsonObject
        {
            ["max_tokens"] = maxTokens,
            ["temperature"] = 0,
            ["stream"] = true,
            ["stream_options"] = new JsonObject { ["include_usage"] = true },
        };
        if (model is not null)
            request["model"] = model;
        return request;
    }

    /// <summary>Posts a request and puts the pieces of its answer together.</summary>
    public static async Task<BackendReply> ReadAsync(BackendClient client, string path, JsonObject request, CancellationToken cancellationToken)
    {
        var text = new StringBuilder();
        var tokens = new List<ReplyToken>();
        double first = 0;
        int? prompted = null, counted = null;
        string? finish = null;
        long start = Stopwatch.GetTimestamp();
        await foreach (JsonNode piece in client.StreamAsync(path, request, cancellationToken).ConfigureAwait(false))
        {
            if (piece["usage"] is JsonObject usage)
            {
                prompted = usage["prompt_tokens"]?.GetValue<int>();
                counted = usage["completion_tokens"]?.GetValue<int>();
            }

            if (piece["choices"] is not JsonArray { Count: > 0 } choices)
                continue;
            JsonNode choice = choices[0]!;
            string? added = (string?)choice["text"] ?? (string?)choice["delta"]?["content"] ?? (string?)choice["delta"]?["reasoning_content"];
            first = first == 0 && !string.IsNullOrEmpty(added) ? Stopwatch.GetElapsedTime(start).TotalMilliseconds : first;
            text.Append(added);
            if (choice["logprobs"] is JsonObject probabilities)
                tokens.AddRange(Tokens(probabilities));
            finish = (string?)choice["finish_reason"] ?? finish;
        }

        if (finish is null)
            throw client.Unexpected(path, "the stream ended before the answer did: the server broke off");
        double rest = Stopwatch.GetElapsedTime(start).TotalMilliseconds - first;
        int count = counted ?? tokens.Count;
        return new BackendReply(text.ToString(), tokens, finish == "stop" ? StopReason.StopToken : StopReason.MaxTokens, first, count > 1 && rest > 0 ? (count - 1) * 1000 / rest : 0, prompted);
    }

    // The newer form lists tokens with their bytes; the older one has parallel lists.
    private static IEnumerable<ReplyToken> Tokens(JsonObject probabilities)
    {
        if (probabilities["content"] is JsonArray content)
        {
            foreach (JsonNode? token in content)
            {
                byte[] bytes = token!["bytes"] is JsonArray raw ? [.. raw.Select(b => (byte)b!.GetValue<int>())] : Encoding.UTF8.GetBytes((string?)token["token"] ?? "");
                yield return new ReplyToken(token["id"]?.GetValue<int>(), bytes, token["logprob"]?.GetValue<double>());
            }
        }
        else if (probabilities["tokens"] is JsonArray names)
        {
            JsonArray? logs = probabilities["token_logprobs"] as JsonArray;
            for (int i = 0; i < names.Count; i++)
                yield return new ReplyToken(null, Encoding.UTF8.GetBytes((string?)names[i] ?? ""), logs is not null && i < logs.Count ? logs[i]?.GetValue<double>() : null);
        }
    }
}
