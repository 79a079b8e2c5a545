using System.Text.RegularExpressions;

namespace HafsModels.Exports;

/// <summary>A file that an export must have.</summary>
/// <param name="Pattern">Its path within the export, with <c>/</c> between folders; <c>*</c> stands for any name. Of several between <c>|</c>, one must be there.</param>
/// <param name="HoldsWeights">Whether the model's weights are in it.</param>
public sealed record RequiredFile(string Pattern, bool HoldsWeights = false)
{
    /// <summary>Whether a file is one of these.</summary>
    /// <param name="name">Path within the export, with <c>/</c> between folders.</param>
    public bool Matches(string name) => Pattern.Split('|').Any(p => Regex.IsMatch(name, "^" + Regex.Escape(p).Replace("\\*", "[^/]*", StringComparison.Ordinal) + "$", RegexOptions.CultureInvariant));
}
