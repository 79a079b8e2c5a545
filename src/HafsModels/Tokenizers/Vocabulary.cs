namespace HafsModels.Tokenizers;

/// <summary>
/// The tokens of a model and what a reader must know to split text into them: the content of the <c>tokenizer.*</c> keys of a GGUF file.
/// Tokens are spelled as in tokenizer.json, so byte-level pieces use the printable stand-ins of GPT-2 (<c>Ġ</c> for a space).
/// </summary>
public sealed record Vocabulary
{
    /// <summary>Kind of tokenizer: <c>gpt2</c> (BPE by merges), <c>llama</c> (SentencePiece BPE by scores), <c>t5</c> (Unigram) or <c>bert</c> (WordPiece).</summary>
    public required string Model { get; init; }

    /// <summary>Name of the rule that splits text before merging, or null.</summary>
    public string? Pre { get; init; }

    /// <summary>Spelling of every token; the index is the id.</summary>
    public required IReadOnlyList<string> Tokens { get; init; }

    /// <summary>Type of every token.</summary>
    public required IReadOnlyList<TokenType> Types { get; init; }

    /// <summary>Score of every token (SentencePiece), or null.</summary>
    public IReadOnlyList<float>? Scores { get; init; }

    /// <summary>Merges in order of rank, two parts with a space between them, or null.</summary>
    public IReadOnlyList<string>? Merges { get; init; }

    /// <summary>Ids of special tokens, in the order in which they are written.</summary>
    public IReadOnlyList<KeyValuePair<SpecialRole, int>> SpecialIds { get; init; } = [];

    /// <summary>Which special tokens are put around a text (<c>add_bos_token</c> and the like), in the order in which they are written.</summary>
    public IReadOnlyList<KeyValuePair<SpecialRole, bool>> AddSpecial { get; init; } = [];

    /// <summary>Whether a space is put before a text, or null where the model kind decides.</summary>
    public bool? AddSpacePrefix { get; init; }

    /// <summary>Whether runs of white space shrink to one (SentencePiece), or null.</summary>
    public bool? RemoveExtraWhitespaces { get; init; }

    /// <summary>Precompiled normalization of SentencePiece, or null.</summary>
    public byte[]? PrecompiledCharsMap { get; init; }

    /// <summary>Whether text is composed (Unicode NFC) first; null where nothing is said.</summary>
    public bool? NormalizeNfc { get; init; }

    /// <summary>Whether text is lowercased first; null where nothing is said.</summary>
    public bool? NormalizeLowercase { get; init; }

    /// <summary>Whether accents are taken away first; null where nothing is said.</summary>
    public bool? NormalizeStripAccents { get; init; }

    /// <summary>The chat template, or null.</summary>
    public string? ChatTemplate { get; init; }

    /// <summary>Further chat templates by name (<c>tool_use</c>, <c>rag</c>).</summary>
    public IReadOnlyList<KeyValuePair<string, string>> NamedChatTemplates { get; init; } = [];

    /// <summary>Begin of sequence, or null.</summary>
    public int? BosId => IdOf(SpecialRole.Bos);

    /// <summary>End of sequence, or null.</summary>
    public int? EosId => IdOf(SpecialRole.Eos);

    /// <summary>End of turn, or null.</summary>
    public int? EotId => IdOf(SpecialRole.Eot);

    /// <summary>Unknown text, or null.</summary>
    public int? UnkId => IdOf(SpecialRole.Unk);

    /// <summary>Separator, or null.</summary>
    public int? SepId => IdOf(SpecialRole.Sep);

    /// <summary>Padding, or null.</summary>
    public int? PadId => IdOf(SpecialRole.Pad);

    /// <summary>Whether a text begins with <see cref="BosId"/>, or null where the model kind decides.</summary>
    public bool? AddBos => Adds(SpecialRole.Bos);

    /// <summary>Whether a text ends with <see cref="EosId"/>, or null where the model kind decides.</summary>
    public bool? AddEos => Adds(SpecialRole.Eos);

    /// <summary>The names that <see cref="Pre"/> can have, in order.</summary>
    public static IReadOnlyList<string> PreTokenizers => [.. PreTokenizerRules.All.Names.Order(StringComparer.Ordinal)];

    /// <summary>
    /// Reads the tokenizer of a model folder: tokenizer.model (SentencePiece) or tokenizer.json, with tokenizer_config.json, added_tokens.json,
    /// config.json and the chat template's files beside it, by the rules of llama.cpp's converter.
    /// </summary>
    /// <param name="folder">Folder of a Hugging Face checkpoint.</param>
    /// <param name="preTokenizer">Name for <see cref="Pre"/> instead of the one that matches, or null.</param>
    /// <param name="config">Text of a config.json to use instead of the folder's, or null.</param>
    /// <exception cref="HafsException">There is no tokenizer, it breaks the rules of its format, or its kind or rule is not known.</exception>
    public static Vocabulary Load(string folder, string? preTokenizer = null, string? config = null) => VocabularyReader.Read(folder, preTokenizer, config);

    /// <summary>Reads the vocabulary of a GGUF file.</summary>
    /// <param name="find">Value of a metadata key (a scalar, a string or a typed array), or null.</param>
    /// <param name="path">The file, for messages.</param>
    /// <exception cref="HafsException">A key is missing or has another type.</exception>
    public static Vocabulary FromGguf(Func<string, object?> find, string path) => GgufVocabulary.Read(find, path);

    /// <summary>The <c>tokenizer.*</c> keys in the order in which llama.cpp's converter writes them. Values: string, bool, uint, string[], int[], float[], sbyte[].</summary>
    /// <exception cref="HafsException">GGUF has no way to say what the tokenizer does.</exception>
    public IReadOnlyList<KeyValuePair<string, object>> ToMetadata() => GgufVocabulary.Write(this);

    /// <summary>Id of the token of a role; null where none is stated, or one that no token has.</summary>
    public int? IdOf(SpecialRole role)
    {
        foreach ((SpecialRole key, int id) in SpecialIds)
        {
            if (key == role)
                return id < Tokens.Count ? id : null;
        }

        return null;
    }

    private bool? Adds(SpecialRole role)
    {
        foreach ((SpecialRole key, bool value) in AddSpecial)
        {
            if (key == role)
                return value;
        }

        return null;
    }
}
