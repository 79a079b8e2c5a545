using System.Collections;
using System.Globalization;
using HafsModels.Quantization;

namespace HafsModels.PowerShell.Completion;

/// <summary>Completes types of tensors.</summary>
public sealed class GgmlTypeCompleter : TableCompleter
{
    /// <inheritdoc/>
    protected override IEnumerable<(string Value, string About)> Candidates(IDictionary bound) =>
        BlockFormats.All.Select(f => (f.Type.ToString(), string.Create(CultureInfo.InvariantCulture, $"{f.BitsPerWeight:0.00} bits per weight")));
}
