using System.Collections;
using System.Management.Automation;
using System.Management.Automation.Language;

namespace HafsModels.PowerShell.Completion;

/// <summary>Completes a parameter from a list of names: those that begin with what was typed, or else those that contain it.</summary>
public abstract class TableCompleter : IArgumentCompleter
{
    private const int MaxResults = 200;

    /// <summary>Candidates with a line about each.</summary>
    /// <param name="bound">Parameters given so far, such as <c>Registry</c>.</param>
    protected abstract IEnumerable<(string Value, string About)> Candidates(IDictionary bound);

    /// <inheritdoc/>
    public IEnumerable<CompletionResult> CompleteArgument(string commandName, string parameterName, string wordToComplete, CommandAst commandAst, IDictionary fakeBoundParameters)
    {
        string word = (wordToComplete ?? "").Trim('\'', '"');
        (string Value, string About)[] all;
        try
        {
            all = [.. Candidates(fakeBoundParameters ?? new Hashtable()).DistinctBy(c => c.Value)];
        }
        catch (HafsException)
        {
            // A registry that cannot be read has nothing to offer; the command itself will say why.
            return [];
        }

        (string Value, string About)[] begin = [.. all.Where(c => c.Value.StartsWith(word, StringComparison.OrdinalIgnoreCase))];
        return (begin.Length > 0 ? begin : all.Where(c => c.Value.Contains(word, StringComparison.OrdinalIgnoreCase)))
            .Take(MaxResults)
            .Select(c => new CompletionResult(Quoted(c.Value), c.Value, CompletionResultType.ParameterValue, c.About.Length == 0 ? c.Value : c.About));
    }

    private static string Quoted(string value) =>
        value.All(c => char.IsLetterOrDigit(c) || c is '-' or '_' or '.' or '/' or ':') ? value : "'" + value.Replace("'", "''", StringComparison.Ordinal) + "'";
}
