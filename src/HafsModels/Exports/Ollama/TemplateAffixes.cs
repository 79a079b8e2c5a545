namespace HafsModels.Exports.Ollama;

/// <summary>
/// What a chat template puts between the texts of a conversation. It is read off conversations of probes, and is complete where it depends on
/// nothing but who spoke before and who speaks next.
/// </summary>
internal sealed record TemplateAffixes
{
    /// <summary>Before the first user's text, where there is no system message.</summary>
    public required string Start { get; init; }

    /// <summary>From a user's text to the answer that follows.</summary>
    public required string UserToAssistant { get; init; }

    /// <summary>From an answer to the user's next text.</summary>
    public required string AssistantToUser { get; init; }

    /// <summary>From the last user's text to where the answer begins.</summary>
    public required string Generation { get; init; }

    /// <summary>What is put around the system message, or null where the template has no place for one.</summary>
    public SystemAffixes? System { get; init; }

    /// <summary>What is put around a system message.</summary>
    /// <param name="Start">Before it, at the beginning of the conversation.</param>
    /// <param name="ToUser">From it to a user's text.</param>
    /// <param name="FromAssistant">Where it stands in the last user's turn: from the last answer to it; null where it stands at the beginning.</param>
    public sealed record SystemAffixes(string Start, string ToUser, string? FromAssistant);
}
