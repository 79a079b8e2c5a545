using System.Text.RegularExpressions;

namespace HafsModels.Formats.Peft;

/// <summary>Which modules carry factors (<c>target_modules</c>): a list of names or ends of names, or one regular expression on the whole name.</summary>
internal sealed class PeftTargets
{
    private const string Key = "target_modules";

    private readonly string path;
    private readonly string[]? names;
    private readonly Regex? expression;

    /// <summary>Takes the setting.</summary>
    /// <param name="path">The file, for messages.</param>
    /// <param name="names">A list, or null.</param>
    /// <param name="text">An expression, or null.</param>
    /// <param name="isPartial">Whether other settings take modules away again.</param>
    public PeftTargets(string path, string[]? names, string? text, bool isPartial)
    {
        this.path = path;
        this.names = names;
        IsPartial = isPartial;

        // "all-linear" is resolved to names when an adapter is made; where it still stands, it says nothing that could be checked.
        expression = text is null or "all-linear" ? null : PeftExpression.Create(path, Key, $@"\A(?:{text})\z");
    }

    /// <summary>Whether other settings take modules away again, so that a target may lack factors.</summary>
    public bool IsPartial { get; }

    /// <summary>Whether the setting says anything.</summary>
    public bool IsStated => names is { Length: > 0 } || expression is not null;

    /// <summary>Whether a module is one of them.</summary>
    public bool Include(string module) => expression is not null
        ? PeftExpression.IsMatch(expression, module, path, Key)
        : names is null || names.Length == 0 || Array.Exists(names, n => module == n || module.EndsWith("." + n, StringComparison.Ordinal));
}
