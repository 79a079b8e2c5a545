using System.Text.RegularExpressions;

namespace HafsModels.Formats.Peft;

/// <summary>
/// Values for some modules (<c>rank_pattern</c>, <c>alpha_pattern</c>): keys are regular expressions that must match a module's name, or the end of
/// it from a dot on; the first that does counts.
/// </summary>
internal sealed class PeftPattern<T>
{
    private readonly (Regex Expression, T Value)[] entries;
    private readonly string path;
    private readonly string key;

    public PeftPattern(string path, string key, IReadOnlyList<(string Expression, T Value)> entries)
    {
        this.path = path;
        this.key = key;
        this.entries = [.. entries.Select(e => (PeftExpression.Create(path, key, $@"\A(?:.*\.)?(?:{e.Expression})\z"), e.Value))];
    }

    /// <summary>The value of a module.</summary>
    public T Find(string module, T otherwise)
    {
        foreach ((Regex expression, T value) in entries)
        {
            if (PeftExpression.IsMatch(expression, module, path, key))
                return value;
        }

        return otherwise;
    }
}
