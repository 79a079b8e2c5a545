using System.Collections;
using System.Globalization;
using HafsModels.Quantization;

namespace HafsModels.PowerShell.Completion;

/// <summary>Completes names of quantizations.</summary>
public sealed class QuantizationCompleter : TableCompleter
{
    /// <inheritdoc/>
    protected override IEnumerable<(string Value, string About)> Candidates(IDictionary bound) =>
        Recipes.All.Select(r => (r.Name, string.Create(CultureInfo.InvariantCulture, $"{r.BitsPerWeight:0.00} bits per weight, quality {r.Quality}")));
}
