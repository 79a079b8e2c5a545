namespace HafsModels.Tokenizers;

/// <summary>The steps a name of <c>tokenizer.ggml.pre</c> stands for.</summary>
/// <param name="Steps">Steps in the words of <see cref="PreTokenizerRules"/>, regexes written out.</param>
/// <param name="IgnoresMerges">Whether a whole word that is a token is taken without merging.</param>
/// <param name="ByteFallback">Whether text is merged as it is (spaces as U+2581) instead of as mapped bytes.</param>
/// <param name="AddsBos">Whether llama.cpp begins texts with BOS where the file says nothing.</param>
internal sealed record PreTokenizerRecipe(IReadOnlyList<string> Steps, bool IgnoresMerges, bool ByteFallback, bool AddsBos);
