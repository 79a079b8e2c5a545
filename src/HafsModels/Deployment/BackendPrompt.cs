using HafsModels.Deployment.Testing;
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

    /// <summary>A prompt in the words of a model: through its chat template where it has one, as plain text otherwise or where that is asked for.</summary>
    internal static BackendPrompt Of(TestPrompt asked, ChatTemplate? template, Vocabulary vocabulary, Tokenizer tokenizer)
    {
        bool chat = template is not null && (!asked.Raw || asked.Messages.Count > 0);
        IReadOnlyList<ChatMessage> messages = chat ? asked.Conversation : [];
        string text = chat ? template!.Render(messages, true, vocabulary) : asked.Text;
        return new BackendPrompt(text, tokenizer.Encode(text, addSpecial: !chat), messages) { TextToTokenize = vocabulary.AddBos == true ? WithoutBos(text, vocabulary) : text };
    }

    /// <summary>A text without the spelled-out token that begins it, where there is one.</summary>
    internal static string WithoutBos(string text, Vocabulary vocabulary) =>
        vocabulary.BosId is { } id && text.StartsWith(vocabulary.Tokens[id], StringComparison.Ordinal) ? text[vocabulary.Tokens[id].Length..] : text;
}
