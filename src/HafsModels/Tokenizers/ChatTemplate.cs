using System.Text.Json;
using HafsModels.Tokenizers.Templates;

namespace HafsModels.Tokenizers;

/// <summary>
/// A chat template: the Jinja program of a model that turns a conversation into its prompt. A subset of Jinja is known, the one chat templates
/// use; what it does follows Jinja for Python with Hugging Face's settings (trim_blocks, lstrip_blocks). Instances are immutable.
/// </summary>
public sealed class ChatTemplate
{
    private const int MaximumLength = 1 << 20;

    private readonly IReadOnlyList<Statement> body;

    private ChatTemplate(IReadOnlyList<Statement> body) => this.body = body;

    /// <summary>Reads a template.</summary>
    /// <exception cref="HafsException">It breaks the rules of Jinja or uses a part that is not known.</exception>
    public static ChatTemplate Parse(string template)
    {
        ArgumentNullException.ThrowIfNull(template);
        if (template.Length > MaximumLength)
            throw TemplateErrors.TooMuch($"{template.Length:N0} characters; at most {MaximumLength:N0} are allowed");
        return new ChatTemplate(TemplateParser.Parse(template));
    }

    /// <summary>Renders a conversation of plain messages.</summary>
    /// <param name="messages">The conversation.</param>
    /// <param name="addGenerationPrompt">Whether the prompt ends where the assistant's answer begins.</param>
    /// <param name="vocabulary">Gives the text of <c>bos_token</c>, <c>eos_token</c> and the like; null to leave them empty.</param>
    /// <exception cref="HafsException">The template refuses the conversation or cannot be carried out.</exception>
    public string Render(IEnumerable<ChatMessage> messages, bool addGenerationPrompt, Vocabulary? vocabulary = null)
    {
        using JsonDocument json = JsonSerializer.SerializeToDocument(messages.Select(message => new Dictionary<string, string> { ["role"] = message.Role, ["content"] = message.Content }));
        return Render(json.RootElement, null, addGenerationPrompt, vocabulary);
    }

    /// <summary>Renders a conversation given as JSON, as in the OpenAI interface: with tools, tool calls, parts of content.</summary>
    /// <param name="messages">An array of messages.</param>
    /// <param name="tools">An array of tools, or null.</param>
    /// <param name="addGenerationPrompt">Whether the prompt ends where the assistant's answer begins.</param>
    /// <param name="vocabulary">Gives the text of <c>bos_token</c>, <c>eos_token</c> and the like; null to leave them empty.</param>
    /// <param name="variables">Further variables of the template (<c>enable_thinking</c>), or null.</param>
    /// <param name="now">The time for <c>strftime_now</c>; null for the present.</param>
    /// <exception cref="HafsException">The template refuses the conversation or cannot be carried out.</exception>
    public string Render(JsonElement messages, JsonElement? tools, bool addGenerationPrompt, Vocabulary? vocabulary = null, JsonElement? variables = null, DateTimeOffset? now = null)
    {
        var all = new Dictionary<string, object?>(StringComparer.Ordinal)
        {
            ["messages"] = TemplateValues.FromJson(messages),
            ["add_generation_prompt"] = addGenerationPrompt,
            ["tools"] = tools is { } given ? TemplateValues.FromJson(given) : null,
            ["documents"] = null,
        };
        foreach ((SpecialRole role, _) in vocabulary?.SpecialIds ?? [])
        {
            if (vocabulary!.IdOf(role) is { } id)
                all[$"{role.Name}_token"] = vocabulary.Tokens[id];
        }

        if (variables is { ValueKind: JsonValueKind.Object } extra)
        {
            foreach (JsonProperty variable in extra.EnumerateObject())
                all[variable.Name] = TemplateValues.FromJson(variable.Value);
        }

        return TemplateRenderer.Render(body, all, now ?? DateTimeOffset.Now);
    }
}
