using System.Collections;
using HafsModels.Tokenizers;

namespace HafsModels.PowerShell.Completion;

/// <summary>Completes the names llama.cpp gives to ways of splitting text.</summary>
public sealed class PreTokenizerCompleter : TableCompleter
{
    /// <inheritdoc/>
    protected override IEnumerable<(string Value, string About)> Candidates(IDictionary bound) =>
        Vocabulary.PreTokenizers.Select(name => (name, $"tokenizer.ggml.pre = {name}"));
}
