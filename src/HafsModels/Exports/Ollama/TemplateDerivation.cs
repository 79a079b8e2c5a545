using HafsModels.Inference;
using HafsModels.Tokenizers;

namespace HafsModels.Exports.Ollama;

/// <summary>
/// Makes Ollama's Go template and stop texts of a model's own chat template: renders probes with the model's, reads off what stands between
/// the texts, writes that as a Go template, and renders conversations with both to see whether they agree.
/// </summary>
public static class TemplateDerivation
{
    /// <summary>What Ollama itself takes for a model without a template.</summary>
    public const string PlainTemplate = "{{ .Prompt }}";

    private const int LeastMarkLength = 3;

    // Texts that a template might touch: lines, quotes, braces, other scripts.
    private static readonly string[] Texts = ["Be brief.", "Who is \"he\"?\n\nTell me.", "{{ .Content }} {% x %} – é 日本", "A line\n  and another.", "Why?"];

    /// <summary>Derives the template.</summary>
    /// <param name="vocabulary">The model's vocabulary, with its chat template.</param>
    /// <param name="endIds">Further tokens that end an answer, as generation_config.json has them.</param>
    public static DerivedTemplate Derive(Vocabulary vocabulary, IReadOnlyList<int>? endIds = null)
    {
        ArgumentNullException.ThrowIfNull(vocabulary);
        string[] ends = [.. (endIds ?? []).Where(id => id >= 0 && id < vocabulary.Tokens.Count).Concat(StopTokens.Of(vocabulary)).Distinct().Select(id => vocabulary.Tokens[id])];
        if (vocabulary.ChatTemplate is not { } jinja)
            return new DerivedTemplate(PlainTemplate, ends, true, ["the model has no chat template: prompts are given to it as they are"]);
        TemplateProbe probe;
        TemplateAffixes? affixes;
        try
        {
            probe = new TemplateProbe(vocabulary, jinja);
            affixes = probe.Affixes();
        }
        catch (HafsException exception)
        {
            return new DerivedTemplate(PlainTemplate, ends, false, [$"the model's chat template could not be carried out ({exception.Message}); write TEMPLATE by hand"]);
        }

        if (affixes is null)
            return new DerivedTemplate(PlainTemplate, ends, false, ["the model's chat template does more than put marks around texts, which could not be written as a Go template; write TEMPLATE by hand"]);
        string[] controls = [.. vocabulary.Tokens.Where((t, i) => t.Length > 0 && i != vocabulary.BosId && vocabulary.Types[i] is TokenType.Control or TokenType.UserDefined && affixes.AssistantToUser.Contains(t, StringComparison.Ordinal))];
        var writer = new GoTemplateWriter(affixes, ends);
        string template = writer.Write();
        var warnings = new List<string>();
        bool isExact = Compare(probe, template, affixes.System is not null, warnings);
        Note(probe, affixes, warnings);
        return new DerivedTemplate(template, Stops(ends, controls, affixes, writer.UserPrefix), isExact, warnings);
    }

    private static bool Compare(TemplateProbe probe, string template, bool withSystem, List<string> warnings)
    {
        OllamaTemplate go = OllamaTemplate.Parse(template);
        foreach (bool system in withSystem ? (ReadOnlySpan<bool>)[false, true] : [false])
        {
            for (int turns = 1; turns <= 4; turns++)
            {
                IReadOnlyList<ChatMessage> messages = [.. TemplateProbe.Conversation(system, turns).Select((m, i) => m with { Content = Texts[i % Texts.Length] })];
                string own = probe.Render(messages), derived = go.Render(messages);
                if (own == derived)
                    continue;
                int at = own.Zip(derived).TakeWhile(pair => pair.First == pair.Second).Count();
                warnings.Add($"TEMPLATE differs from the model's own chat template in a conversation of {turns} turns{(system ? " with a system message" : "")}, at character {at}: check it by hand");
                return false;
            }
        }

        return true;
    }

    private static void Note(TemplateProbe probe, TemplateAffixes affixes, List<string> warnings)
    {
        if (affixes.System is null)
            warnings.Add("the model's chat template has no place for a system message; TEMPLATE leaves it out");
        if (probe.OffersTools)
            warnings.Add("the model's chat template offers tools; TEMPLATE does not");
        if (probe.ShowsDate)
            warnings.Add("the model's chat template shows the day; in TEMPLATE that of the export stands fixed");
        if (probe.TrimsTexts)
            warnings.Add("the model's chat template takes away white space around texts, which Go templates cannot; it matters only to texts that begin or end with it");
        if (probe.AddsBos)
            warnings.Add("the tokenizer puts a BOS token first, which the model's chat template does not");
    }

    private static List<string> Stops(string[] ends, string[] controls, TemplateAffixes affixes, string userPrefix)
    {
        List<string> stops = [.. ends, .. controls.OrderBy(t => affixes.AssistantToUser.IndexOf(t, StringComparison.Ordinal))];

        // Where marks are plain text, the next turn's mark shows that the model talks on for the user.
        string mark = userPrefix.Trim();
        if (mark.Length >= LeastMarkLength && ModelfileParser.ReadsAs(mark, mark) && !controls.Any(t => mark.Contains(t, StringComparison.Ordinal)))
            stops.Add(mark);
        return [.. stops.Distinct()];
    }
}
