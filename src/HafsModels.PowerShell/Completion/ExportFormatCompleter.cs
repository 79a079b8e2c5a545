using System.Collections;
using HafsModels.Exports;

namespace HafsModels.PowerShell.Completion;

/// <summary>Completes names of formats of exports.</summary>
public sealed class ExportFormatCompleter : TableCompleter
{
    /// <inheritdoc/>
    protected override IEnumerable<(string Value, string About)> Candidates(IDictionary bound) => ExportFormats.All.Select(f => (f.Name, f.About));
}
