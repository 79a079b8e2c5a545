using System.Collections;
using HafsModels.Conversion;

namespace HafsModels.PowerShell.Completion;

/// <summary>Completes types in which the factors of a GGUF adapter can be stored.</summary>
public sealed class DataTypeCompleter : TableCompleter
{
    /// <inheritdoc/>
    protected override IEnumerable<(string Value, string About)> Candidates(IDictionary bound) => AdapterConvertRequest.DataTypes.Select(t => (t, "type of the factors"));
}
