using HafsModels.Tokenizers;

namespace HafsModels.Deployment;

/// <summary>What a backend is asked: in tokens, so that nothing can be understood differently, and as text and conversation for backends that take no tokens.</summary>
/// <param name="Text">The whole prompt as text, rendered from the conversation where there is one.</param>
/// <param name="Tokens">Its token ids by the source's tokenizer.</param>
/// <param name="Messages">The conversation it was rendered from; empty for plain text.</param>
public sealed record BackendPrompt(string Text, ReadOnlyMemory<int> Tokens, IReadOnlyList<ChatMessage> Messages)
{
    /// <summary>The text for a backend that tokenizes it and adds the token that begins a text by itself, where the model wants one.</summary>
    public string TextToTokenize { get; init; } = Text;
}
