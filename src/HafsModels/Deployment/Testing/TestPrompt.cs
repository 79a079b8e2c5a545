using System.Text.Json.Nodes;
using HafsModels.Tokenizers;

namespace HafsModels.Deployment.Testing;

/// <summary>One prompt of a test, and what its answer must be.</summary>
public sealed record TestPrompt
{
    /// <summary>What the user says, or the text to continue; empty where <see cref="Messages"/> are given.</summary>
    public string Text { get; init; } = "";

    /// <summary>The system message before it, or null.</summary>
    public string? System { get; init; }

    /// <summary>A whole conversation, in place of <see cref="Text"/>; empty for none.</summary>
    public IReadOnlyList<ChatMessage> Messages { get; init; } = [];

    /// <summary>Continue it as plain text, without the chat template.</summary>
    public bool Raw { get; init; }

    /// <summary>What to call it; null for its text.</summary>
    public string? Name { get; init; }

    /// <summary>Tokens to generate, or null for what the test says.</summary>
    public int? MaxTokens { get; init; }

    /// <summary>The whole answer, white space around it aside; null for any.</summary>
    public string? Expected { get; init; }

    /// <summary>A regular expression that the answer must match somewhere, or null.</summary>
    public string? Pattern { get; init; }

    /// <summary>A JSON Schema that the answer, read as JSON, must meet; or null.</summary>
    public JsonNode? Schema { get; init; }

    /// <summary>What reports call it.</summary>
    public string Title => Name ?? (Messages.Count > 0 ? Messages[^1].Content : Text);

    /// <summary>Whether anything is expected of the answer.</summary>
    public bool HasExpectation => Expected is not null || Pattern is not null || Schema is not null;

    /// <summary>The conversation it is.</summary>
    public IReadOnlyList<ChatMessage> Conversation => Messages.Count > 0 ? Messages : [.. System is { } system ? (ChatMessage[])[new("system", system)] : [], new("user", Text)];
}
