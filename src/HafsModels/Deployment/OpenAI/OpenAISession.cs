using System.Text.Json.Nodes;
using HafsModels.Tokenizers;

namespace HafsModels.Deployment.OpenAI;

/// <summary>Asks a server over the OpenAI interface: token ids where it takes them, text where it does not.</summary>
internal sealed class OpenAISession(BackendClient client, string model) : DeploymentSession
{
    private bool takesTokens = true;

    public override async Task<BackendReply> GenerateAsync(BackendPrompt prompt, int maxTokens, CancellationToken cancellationToken)
    {
        if (takesTokens)
        {
            try
            {
                return await AskAsync(new JsonArray([.. prompt.Tokens.ToArray().Select(id => JsonValue.Create(id))]), maxTokens, cancellationToken).ConfigureAwait(false);
            }
            catch (HafsException exception) when (exception.Id == "BackendRefused")
            {
                takesTokens = false;
            }
        }

        return await AskAsync(JsonValue.Create(prompt.Text), maxTokens, cancellationToken).ConfigureAwait(false);
    }

    public override async Task<BackendReply?> ChatAsync(IReadOnlyList<ChatMessage> messages, int maxTokens, CancellationToken cancellationToken) =>
        await OpenAIChat.AskAsync(client, "chat/completions", model, messages, maxTokens, cancellationToken).ConfigureAwait(false);

    public override ValueTask DisposeAsync()
    {
        client.Dispose();
        return base.DisposeAsync();
    }

    private Task<BackendReply> AskAsync(JsonNode prompt, int maxTokens, CancellationToken cancellationToken)
    {
        JsonObject request = OpenAIChat.Request(model, maxTokens);
        request["prompt"] = prompt;
        request["logprobs"] = 1;
        return OpenAIChat.ReadAsync(client, "completions", request, cancellationToken);
    }
}
