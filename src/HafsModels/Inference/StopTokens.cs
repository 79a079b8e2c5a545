using HafsModels.Tokenizers;

namespace HafsModels.Inference;

/// <summary>Which tokens end a text or a turn.</summary>
internal static class StopTokens
{
    /// <summary>
    /// Control tokens that end a turn by their spelling. Checkpoints often name only one end token; their chat templates use others.
    /// </summary>
    private static readonly HashSet<string> Spellings = new(StringComparer.Ordinal)
    {
        "<|endoftext|>", "<|im_end|>", "<|eot_id|>", "<|eom_id|>", "<|end|>", "<end_of_turn>", "<|end_of_text|>", "<|return|>",
    };

    /// <summary>The ids, lowest first.</summary>
    public static IReadOnlyCollection<int> Of(Vocabulary vocabulary)
    {
        var ids = new SortedSet<int>();
        foreach (SpecialRole role in (ReadOnlySpan<SpecialRole>)[SpecialRole.Eos, SpecialRole.Eot, SpecialRole.Eom])
        {
            if (vocabulary.IdOf(role) is int id)
                ids.Add(id);
        }

        for (int id = 0; id < vocabulary.Tokens.Count; id++)
        {
            if (vocabulary.Types[id] == TokenType.Control && Spellings.Contains(vocabulary.Tokens[id]))
                ids.Add(id);
        }

        return ids;
    }
}
