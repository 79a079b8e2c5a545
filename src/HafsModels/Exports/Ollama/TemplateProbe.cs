using System.Text.Json;
using HafsModels.Tokenizers;

namespace HafsModels.Exports.Ollama;

/// <summary>Renders conversations with a model's own chat template, as the model is fed by Ollama: without the BOS token that the tokenizer puts first.</summary>
internal sealed class TemplateProbe
{
    private const string System = "hafsSystemText";

    // A template may show the day; it is asked for one far from any other.
    private static readonly DateTimeOffset OtherDay = new(2001, 2, 3, 0, 0, 0, TimeSpan.Zero);
    private static readonly JsonElement OneTool = JsonElement.Parse("""[{"type":"function","function":{"name":"probe","description":"probe","parameters":{"type":"object","properties":{}}}}]""");

    private readonly ChatTemplate template;
    private readonly Vocabulary vocabulary;
    private readonly string bos;

    public TemplateProbe(Vocabulary vocabulary, string jinja)
    {
        this.vocabulary = vocabulary;
        template = ChatTemplate.Parse(jinja);
        bos = vocabulary.BosId is int id && Tokenizer.FromVocabulary(vocabulary, "tokenizer").Encode("a").FirstOrDefault() == id ? vocabulary.Tokens[id] : "";
    }

    /// <summary>The prompt for a conversation.</summary>
    public string Render(IEnumerable<ChatMessage> messages) => WithoutBos(Render(messages, null, DateTimeOffset.Now));

    /// <summary>Whether the tokenizer puts a BOS token first that the template does not.</summary>
    public bool AddsBos => bos.Length > 0 && !Render(Conversation(false, 1), null, DateTimeOffset.Now).StartsWith(bos, StringComparison.Ordinal);

    /// <summary>Whether the prompt shows the day.</summary>
    public bool ShowsDate => Render(Conversation(false, 1), null, OtherDay) != Render(Conversation(false, 1), null, OtherDay.AddDays(500));

    /// <summary>Whether the prompt offers tools.</summary>
    public bool OffersTools
    {
        get
        {
            try
            {
                return Render(Conversation(false, 1), OneTool, OtherDay) != Render(Conversation(false, 1), null, OtherDay);
            }
            catch (HafsException)
            {
                return false;
            }
        }
    }

    /// <summary>Whether white space around texts is taken away.</summary>
    public bool TrimsTexts => !Render([new ChatMessage("user", "\n  hafs  \n")]).Contains("\n  hafs  \n", StringComparison.Ordinal);

    /// <summary>What stands between the texts; null where that depends on more than who spoke before and who speaks next.</summary>
    public TemplateAffixes? Affixes()
    {
        if (Between(Conversation(false, 3)) is not [var start, var userToAssistant, var assistantToUser, .., var generation] || Between(Conversation(false, 1)) is not [_, _])
            return null;
        return new TemplateAffixes { Start = start, UserToAssistant = userToAssistant, AssistantToUser = assistantToUser, Generation = generation, System = SystemAffixes() };
    }

    /// <summary>A conversation of probes that ends with the user.</summary>
    public static IReadOnlyList<ChatMessage> Conversation(bool withSystem, int turns, string end = "") =>
    [
        .. withSystem ? [new ChatMessage("system", System + end)] : Array.Empty<ChatMessage>(),
        .. Enumerable.Range(0, 2 * turns - 1).Select(i => i % 2 == 0 ? new ChatMessage("user", $"hafsUser{i}Text{end}") : new ChatMessage("assistant", $"hafsAnswer{i}Text{end}")),
    ];

    private TemplateAffixes.SystemAffixes? SystemAffixes()
    {
        try
        {
            IReadOnlyList<ChatMessage> one = Conversation(true, 1), two = Conversation(true, 2);
            if (Between(one) is not [var start, var toUser, _])
                return null;
            if (Between(two) is [_, _, _, _, _])
                return new(start, toUser, null);
            return Between([two[1], two[2], two[0], two[3]], Render(two)) is [_, _, var fromAssistant, _, _] ? new(start, toUser, fromAssistant) : null;
        }
        catch (HafsException)
        {
            // The template refuses system messages.
            return null;
        }
    }

    private List<string>? Between(IReadOnlyList<ChatMessage> messages) => Between(messages, Render(messages));

    // The stretches before, between and behind texts that stand in this order.
    private static List<string>? Between(IReadOnlyList<ChatMessage> messages, string text)
    {
        var stretches = new List<string>();
        int at = 0;
        foreach (ChatMessage message in messages)
        {
            int found = text.IndexOf(message.Content, at, StringComparison.Ordinal);
            if (found < 0)
                return null;
            stretches.Add(text[at..found]);
            at = found + message.Content.Length;
        }

        stretches.Add(text[at..]);
        return stretches;
    }

    private string WithoutBos(string text) => bos.Length > 0 && text.StartsWith(bos, StringComparison.Ordinal) ? text[bos.Length..] : text;

    private string Render(IEnumerable<ChatMessage> messages, JsonElement? tools, DateTimeOffset now)
    {
        JsonElement json = JsonSerializer.SerializeToElement(messages.Select(m => new Dictionary<string, string> { ["role"] = m.Role, ["content"] = m.Content }));
        return template.Render(json, tools, addGenerationPrompt: true, vocabulary, now: now);
    }
}
