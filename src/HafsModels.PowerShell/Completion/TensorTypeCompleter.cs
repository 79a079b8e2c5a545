using System.Collections;
using System.Globalization;
using HafsModels.Quantization;

namespace HafsModels.PowerShell.Completion;

/// <summary>Completes <c>REGEX=TYPE</c> with the usual roles of tensors.</summary>
public sealed class TensorTypeCompleter : TableCompleter
{
    private static readonly string[] Roles = ["attn_q", "attn_k", "attn_v", "attn_output", "ffn_up", "ffn_gate", "ffn_down", "token_embd"];

    /// <inheritdoc/>
    protected override IEnumerable<(string Value, string About)> Candidates(IDictionary bound) =>
        Roles.SelectMany(role => BlockFormats.All.Select(f => ($"{role}={f.Type}", string.Create(CultureInfo.InvariantCulture, $"{f.BitsPerWeight:0.00} bits per weight"))));
}
