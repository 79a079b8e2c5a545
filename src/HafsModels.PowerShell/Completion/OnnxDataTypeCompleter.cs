using System.Collections;
using HafsModels.Conversion.Onnx;

namespace HafsModels.PowerShell.Completion;

/// <summary>Completes types of ONNX exports.</summary>
public sealed class OnnxDataTypeCompleter : TableCompleter
{
    /// <inheritdoc/>
    protected override IEnumerable<(string Value, string About)> Candidates(IDictionary bound) => OnnxDataTypes.All.Select(t => (t.Name, t.Description));
}
