using System.Collections;

namespace HafsModels.PowerShell.Completion;

/// <summary>Completes formats of models.</summary>
public sealed class FormatCompleter : TableCompleter
{
    private static readonly string[] Formats = ["pytorch", "safetensors", "gguf", "onnx"];

    /// <inheritdoc/>
    protected override IEnumerable<(string Value, string About)> Candidates(IDictionary bound) =>
        Formats.Select(f => (f, ""));
}
