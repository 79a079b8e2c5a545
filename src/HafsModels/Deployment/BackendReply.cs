using HafsModels.Inference;

namespace HafsModels.Deployment;

/// <summary>What a backend answered.</summary>
/// <param name="Text">The generated text.</param>
/// <param name="Tokens">The tokens of it, without the one that ended it; empty where the backend tells none.</param>
/// <param name="StopReason">Why it ended.</param>
/// <param name="FirstTokenMilliseconds">Time from the request to the first token, as seen here.</param>
/// <param name="TokensPerSecond">Speed of the tokens after the first; 0 when there are none.</param>
/// <param name="PromptTokens">Tokens the backend counted in the prompt, or null.</param>
public sealed record BackendReply(string Text, IReadOnlyList<ReplyToken> Tokens, StopReason StopReason, double FirstTokenMilliseconds, double TokensPerSecond, int? PromptTokens)
{
    /// <summary>A reply of the decoder in this process.</summary>
    internal static BackendReply Of(Generation generation, string text, int promptTokens) =>
        new(text, [.. generation.Tokens.Select(id => new ReplyToken(id, null, null))], generation.StopReason, generation.FirstTokenMilliseconds, generation.TokensPerSecond, promptTokens);
}
