using System.Collections;
using System.Globalization;
using HafsModels.Quantization;

namespace HafsModels.PowerShell.Completion;

/// <summary>Completes what a model can be converted to: the quantizations, and the copy that changes no type.</summary>
public sealed class ConversionCompleter : TableCompleter
{
    /// <inheritdoc/>
    protected override IEnumerable<(string Value, string About)> Candidates(IDictionary bound) =>
        Recipes.All.Select(r => (r.Name, string.Create(CultureInfo.InvariantCulture, $"{r.BitsPerWeight:0.00} bits per weight, quality {r.Quality}"))).Append((Recipes.Copy.Name, "every tensor as it is"));
}
