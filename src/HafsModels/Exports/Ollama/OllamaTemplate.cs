using HafsModels.Exports.Ollama.GoTemplates;
using HafsModels.Tokenizers;

namespace HafsModels.Exports.Ollama;

/// <summary>
/// A TEMPLATE of a Modelfile: the Go template from which Ollama makes the prompt, carried out as Ollama does. Known are the actions and
/// functions that prompts use; named templates are not. Instances are immutable.
/// </summary>
public sealed class OllamaTemplate
{
    private static readonly string[] MessageFields = ["Thinking", "Images", "ToolCalls", "ToolName", "ToolCallID"];

    private readonly IReadOnlyList<GoNode> nodes;

    private OllamaTemplate(IReadOnlyList<GoNode> nodes, string text)
    {
        Text = text;
        IReadOnlySet<string> fields = FieldsOf(nodes);
        UsesMessages = fields.Contains("Messages");

        // A template that says not where the answer stands has it at its end.
        this.nodes = UsesMessages || fields.Contains("Response") ? nodes : [.. nodes, new GoNode.Action(new GoPipeline([], false, [[new GoOperand.Dot(["Response"])]]))];
    }

    /// <summary>The template as it is written.</summary>
    public string Text { get; }

    /// <summary>Whether it walks over <c>.Messages</c> itself, instead of being carried out once a turn with <c>.System</c>, <c>.Prompt</c> and <c>.Response</c>.</summary>
    public bool UsesMessages { get; }

    /// <summary>Reads a template.</summary>
    /// <exception cref="HafsException">It breaks the rules of Go's text/template, or uses a part that is not known here.</exception>
    public static OllamaTemplate Parse(string template)
    {
        ArgumentNullException.ThrowIfNull(template);
        return new OllamaTemplate(new GoParser(new GoLexer(template).Read()).Parse(), template);
    }

    /// <summary>The prompt for a conversation, up to where the answer begins.</summary>
    /// <param name="messages">The conversation; texts of one role that follow each other are joined, as Ollama does.</param>
    /// <exception cref="HafsException">The template cannot be carried out.</exception>
    public string Render(IEnumerable<ChatMessage> messages)
    {
        List<ChatMessage> turns = Collate(messages);
        if (!UsesMessages)
            return RenderTurns(turns);
        string system = string.Join("\n\n", turns.Where(m => m.Role == "system").Select(m => m.Content));
        return GoRenderer.Render(nodes, new Dictionary<string, object?>
        {
            ["System"] = system,
            ["Messages"] = turns.Select(m => (object?)new GoRecord(new Dictionary<string, object?>(MessageFields.Select(f => KeyValuePair.Create(f, (object?)(f is "Images" or "ToolCalls" ? Array.Empty<object?>() : ""))))
            {
                ["Role"] = m.Role,
                ["Content"] = m.Content,
            })).ToArray(),
            ["Tools"] = Array.Empty<object?>(),
            ["Response"] = "",
        });
    }

    private static List<ChatMessage> Collate(IEnumerable<ChatMessage> messages)
    {
        var turns = new List<ChatMessage>();
        foreach (ChatMessage message in messages)
        {
            if (turns.Count > 0 && turns[^1].Role == message.Role && message.Role != "tool")
                turns[^1] = message with { Content = turns[^1].Content + "\n\n" + message.Content };
            else
                turns.Add(message);
        }

        return turns;
    }

    private string RenderTurns(List<ChatMessage> messages)
    {
        var text = new System.Text.StringBuilder();
        string system = "", prompt = "", response = "";
        foreach (ChatMessage message in messages)
        {
            if ((message.Role == "system" && prompt.Length + response.Length > 0) || (message.Role == "user" && response.Length > 0))
            {
                text.Append(GoRenderer.Render(nodes, Turn(system, prompt, response)));
                system = prompt = response = "";
            }

            switch (message.Role)
            {
                case "system":
                    system = message.Content;
                    break;
                case "user":
                    prompt = message.Content;
                    break;
                case "assistant":
                    response = message.Content;
                    break;
            }
        }

        bool isCut = false;
        return text.Append(GoRenderer.Render(UpToResponse(nodes, ref isCut), Turn(system, prompt, response))).ToString();
    }

    private static Dictionary<string, object?> Turn(string system, string prompt, string response) => new() { ["System"] = system, ["Prompt"] = prompt, ["Response"] = response };

    // The last turn ends where the answer stands: what follows in the order of the text is left out.
    private static List<GoNode> UpToResponse(IReadOnlyList<GoNode> nodes, ref bool isCut)
    {
        var kept = new List<GoNode>();
        foreach (GoNode node in nodes)
        {
            if (isCut)
                break;
            isCut = node is GoNode.Action action && action.Pipeline.Fields().Contains("Response");
            kept.Add(node switch
            {
                GoNode.If choice => choice with { Then = UpToResponse(choice.Then, ref isCut), Else = UpToResponse(choice.Else, ref isCut) },
                GoNode.With with => with with { Then = UpToResponse(with.Then, ref isCut), Else = UpToResponse(with.Else, ref isCut) },
                GoNode.Range range => range with { Body = UpToResponse(range.Body, ref isCut), Else = UpToResponse(range.Else, ref isCut) },
                _ => node,
            });
        }

        return kept;
    }

    private static GoPipeline? PipelineOf(GoNode node) => node switch
    {
        GoNode.Action action => action.Pipeline,
        GoNode.If choice => choice.Condition,
        GoNode.With with => with.Value,
        GoNode.Range range => range.Over,
        _ => null,
    };

    private static HashSet<string> FieldsOf(IReadOnlyList<GoNode> nodes)
    {
        var all = new HashSet<string>(StringComparer.OrdinalIgnoreCase);
        foreach (GoNode node in nodes)
        {
            all.UnionWith(PipelineOf(node)?.Fields() ?? []);
            (IReadOnlyList<GoNode> first, IReadOnlyList<GoNode> second) = node switch
            {
                GoNode.If choice => (choice.Then, choice.Else),
                GoNode.With with => (with.Then, with.Else),
                GoNode.Range range => (range.Body, range.Else),
                _ => ([], []),
            };
            all.UnionWith(FieldsOf(first));
            all.UnionWith(FieldsOf(second));
        }

        return all;
    }
}
