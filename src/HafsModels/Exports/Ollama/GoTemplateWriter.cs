using System.Globalization;
using System.Text;

namespace HafsModels.Exports.Ollama;

/// <summary>Writes what stands between the texts of a conversation as a Go template over <c>.Messages</c>.</summary>
internal sealed class GoTemplateWriter
{
    private const string Loop = "{{ range $i, $message := .Messages }}{{ $last := eq (len (slice $.Messages $i)) 1 }}";
    private readonly TemplateAffixes affixes;
    private readonly IReadOnlyList<string> ends;

    /// <summary>Prepares to write.</summary>
    /// <param name="affixes">What stands between the texts.</param>
    /// <param name="ends">Tokens that end a turn; they say where one turn's marks end and the next one's begin.</param>
    public GoTemplateWriter(TemplateAffixes affixes, IReadOnlyList<string> ends)
    {
        this.affixes = affixes;
        this.ends = ends;
        string common = CommonEnd(affixes.AssistantToUser, affixes.Start);
        UserPrefix = common[EndOfTurn(common)..];
    }

    /// <summary>What begins a user's turn.</summary>
    public string UserPrefix { get; }

    /// <summary>The template.</summary>
    public string Write()
    {
        // A turn's end is the user's where the answer's begin and the prompt's end share it.
        int userEnd = Math.Min(EndOfTurn(affixes.UserToAssistant), EndOfTurn(affixes.Generation));
        string userSuffix = affixes.UserToAssistant[..userEnd] == affixes.Generation[..userEnd] ? affixes.UserToAssistant[..userEnd] : "";
        string answerPrefix = affixes.UserToAssistant[userSuffix.Length..], generation = affixes.Generation[userSuffix.Length..];
        string user = $"{Text(userSuffix)}{{{{ if $last }}}}{Text(generation)}{{{{ end }}}}";
        return affixes.System is null || (affixes.System.FromAssistant is null && affixes.System.ToUser.EndsWith(UserPrefix, StringComparison.Ordinal) && UserPrefix.Length > 0)
            ? WriteTurns(user, answerPrefix)
            : WriteStretches(user, answerPrefix);
    }

    // Each turn with its own marks: the system message is a turn like the others.
    private string WriteTurns(string user, string answerPrefix)
    {
        string answerSuffix = affixes.AssistantToUser[..^UserPrefix.Length], start = affixes.Start[..^UserPrefix.Length];
        string system = affixes.System is { } marks
            ? $"{{{{ if .System }}}}{Text(marks.Start)}{{{{ .System }}}}{Text(marks.ToUser[..^UserPrefix.Length])}{(start.Length > 0 ? "{{ else }}" + Text(start) : "")}{{{{ end }}}}"
            : Text(start);
        return $$$"""{{{system}}}{{{Loop}}}{{ if eq .Role "user" }}{{{Text(UserPrefix)}}}{{ .Content }}{{{user}}}{{ else if eq .Role "assistant" }}{{{Text(answerPrefix)}}}{{ .Content }}{{ if not $last }}{{{Text(answerSuffix)}}}{{ end }}{{ end }}{{ end }}""";
    }

    // The system message stands within a user's turn, the first or the last.
    private string WriteStretches(string user, string answerPrefix)
    {
        TemplateAffixes.SystemAffixes system = affixes.System!;
        bool inLast = system.FromAssistant is not null;
        string first = inLast ? "{{ if and .System (eq (len .Messages) 2) }}" : "{{ if .System }}";
        string start = $"{first}{Text(system.Start)}{{{{ .System }}}}{Text(system.ToUser)}{{{{ else }}}}{Text(affixes.Start)}{{{{ end }}}}";
        string next = inLast
            ? $"{{{{ if and $.System (eq (len (slice $.Messages $i)) 2) }}}}{Text(system.FromAssistant!)}{{{{ $.System }}}}{Text(system.ToUser)}{{{{ else if not $last }}}}{Text(affixes.AssistantToUser)}{{{{ end }}}}"
            : $"{{{{ if not $last }}}}{Text(affixes.AssistantToUser)}{{{{ end }}}}";
        return $$$"""{{{start}}}{{{Loop}}}{{ if eq .Role "user" }}{{ .Content }}{{{user}}}{{ else if eq .Role "assistant" }}{{{Text(answerPrefix)}}}{{ .Content }}{{{next}}}{{ end }}{{ end }}""";
    }

    // Text that could be taken for an action or for the quotes of the Modelfile, or that a Modelfile leaves out, is written as a literal.
    private static string Text(string text)
    {
        if (text.Contains("{{", StringComparison.Ordinal) || text.EndsWith('{'))
            text = text.Replace("{", "{{ \"{\" }}", StringComparison.Ordinal);
        text = text.Replace("\"\"\"", "{{ \"\\\"\\\"\\\"\" }}", StringComparison.Ordinal);
        return string.Concat(text.EnumerateRunes().Select(rune => Rune.GetUnicodeCategory(rune) is UnicodeCategory.Format or UnicodeCategory.PrivateUse or UnicodeCategory.OtherNotAssigned
            || (Rune.IsWhiteSpace(rune) && rune.Value is not (' ' or '\n' or '\r' or '\t')) ? $"{{{{ \"\\U{rune.Value:x8}\" }}}}" : rune.ToString()));
    }

    // Behind the last token that ends a turn, and the line it ends.
    private int EndOfTurn(string stretch)
    {
        int end = 0;
        foreach (string token in ends)
        {
            int found = token.Length == 0 ? -1 : stretch.LastIndexOf(token, StringComparison.Ordinal);
            if (found >= 0)
                end = Math.Max(end, found + token.Length);
        }

        while (end > 0 && end < stretch.Length && stretch[end] == '\n')
            end++;
        return end;
    }

    private static string CommonEnd(string left, string right)
    {
        int length = 0;
        while (length < left.Length && length < right.Length && left[^(length + 1)] == right[^(length + 1)])
            length++;
        return left[^length..];
    }
}
