using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;
using HafsModels.Formats.SentencePiece;

namespace HafsModels.Tokenizers;

/// <summary>
/// Reads the tokenizer of a model folder into a <see cref="Vocabulary"/>. The rules are those of llama.cpp's converter (get_vocab_base,
/// LlamaHfVocab, SpecialVocab), except where those make llama.cpp split texts otherwise than the original; each such place says so.
/// </summary>
internal static partial class VocabularyReader
{
    private const string WordBoundary = "\u2581";

    public static Vocabulary Read(string folder, string? preTokenizer, string? modelConfig)
    {
        using JsonDocument? configuration = TokenizerFiles.TryRead(Path.Combine(folder, "tokenizer_config.json"));
        using JsonDocument? model = modelConfig is null ? TokenizerFiles.TryRead(Path.Combine(folder, "config.json")) : JsonDocument.Parse(modelConfig);
        using TokenizerJson? tokenizer = TokenizerJson.TryRead(Path.Combine(folder, "tokenizer.json"));
        JsonElement? config = model?.RootElement;
        int? vocabularySize = config?.Integer("vocab_size") ?? config?.Member("text_config")?.Integer("vocab_size");
        string? sentencePiece = tokenizer is null || !MapsBytes(tokenizer) ? SentencePieceFile.Find(folder) : null;
        Vocabulary vocabulary = sentencePiece is not null
            ? SentencePieceVocabulary.Read(sentencePiece, configuration?.RootElement, tokenizer, vocabularySize)
            : ReadJson(tokenizer ?? throw Missing(folder), configuration?.RootElement, vocabularySize, preTokenizer);
        if (preTokenizer is not null)
            RequireUse(preTokenizer, vocabulary, folder);
        SpecialTokens special = SpecialTokens.Find(
            tokenizer, configuration?.RootElement, config, vocabulary.Model == "gpt2" ? null : vocabulary.Tokens.Count, sentencePiece is null ? null : vocabulary);
        (string? template, var named) = ChatTemplateFiles.Read(folder, configuration?.RootElement);
        return vocabulary with
        {
            SpecialIds = special.Ids,
            AddSpecial = special.Adds,
            AddSpacePrefix = (IsLlama(config) ? configuration?.RootElement.Flag("add_prefix_space") : null) ?? vocabulary.AddSpacePrefix,
            NormalizeNfc = Normalizes(tokenizer?.Normalizer, "NFC"),
            NormalizeLowercase = Normalizes(tokenizer?.Normalizer, "Lowercase") ?? BertFlag(tokenizer?.Normalizer, "lowercase"),
            NormalizeStripAccents = Normalizes(tokenizer?.Normalizer, "StripAccents") ?? BertFlag(tokenizer?.Normalizer, "strip_accents"),
            ChatTemplate = template,
            NamedChatTemplates = named,
        };
    }

    /// <summary>A name that nobody knows, or that says nothing about this kind of tokenizer, is a mistake.</summary>
    private static void RequireUse(string preTokenizer, Vocabulary vocabulary, string folder)
    {
        if (!PreTokenizerRules.All.Knows(preTokenizer))
        {
            throw new HafsException(ErrorKind.InvalidArgument, "PreTokenizerUnknown", $"llama.cpp has no pre-tokenizer named '{preTokenizer}'", preTokenizer,
                NearestNames.Hint(preTokenizer, PreTokenizerRules.All.Names) ?? $"Names are {string.Join(", ", Vocabulary.PreTokenizers)}.");
        }

        if (vocabulary.Model != "gpt2")
        {
            throw new HafsException(ErrorKind.InvalidArgument, "PreTokenizerUnused",
                $"{folder}: the tokenizer becomes a '{vocabulary.Model}' vocabulary, which is not split by a pre-tokenizer; '{preTokenizer}' would say nothing", folder, "Leave -PreTokenizer (--pre-tokenizer) out.");
        }
    }

    private static Vocabulary ReadJson(TokenizerJson tokenizer, JsonElement? configuration, int? vocabularySize, string? preTokenizer) => tokenizer.Kind switch
    {
        "BPE" when tokenizer.ByteFallback && BeginsWithBoundary(tokenizer) => ReadSentencePieceLike(tokenizer, configuration, vocabularySize),
        "BPE" => ReadBpe(tokenizer, vocabularySize, preTokenizer),
        string kind => throw new HafsException(ErrorKind.Unsupported, "TokenizerKindUnsupported",
            $"{tokenizer.Path}: model.type is {kind}; BPE is what a language model's GGUF can hold here", tokenizer.Path),
    };

    /// <summary>Says what is missing; a tokenizer.model of tiktoken is there but says too little.</summary>
    internal static HafsException Missing(string folder) => File.Exists(Path.Combine(folder, "tokenizer.model"))
        ? new HafsException(ErrorKind.Unsupported, "TokenizerModelFileUnsupported",
            $"{folder}: tokenizer.model is no SentencePiece model, and tokenizer.json is not there; a tiktoken file does not say how text is split",
            folder, "take tokenizer.json from the base model, or save the tokenizer as a fast one")
        : new HafsException(ErrorKind.NotFound, "TokenizerNotFound", $"{folder}: neither tokenizer.json nor tokenizer.model is there",
            folder, "copy the tokenizer's files from the base model into the folder");

    /// <summary>How many ids a vocabulary has: what config.json says, else as many as there are tokens.</summary>
    internal static int SizeOf(string path, int highest, int? stated)
    {
        int count = stated ?? highest + 1;
        if (highest >= count)
        {
            throw new HafsException(ErrorKind.InvalidData, "VocabularyTooSmall",
                $"{path}: the highest id is {highest:N0}, but config.json's vocab_size is {count:N0}; the embedding has no row for the token",
                path, "the tokenizer belongs to another checkpoint, or tokens were added without resizing the embedding");
        }

        return count <= TokenizerJson.MaximumTokens ? count
            : throw new HafsException(ErrorKind.InvalidData, "VocabularyTooLarge", $"{path}: config.json's vocab_size is {count:N0}; at most {TokenizerJson.MaximumTokens:N0} are allowed", path);
    }

    /// <summary>Whether tokens are spelled as mapped bytes, which no SentencePiece model does.</summary>
    private static bool MapsBytes(TokenizerJson tokenizer) => Flatten(tokenizer.PreTokenizer, "pretokenizers").Any(part => part.Kind() == "ByteLevel");

    /// <summary>The converter writes add_space_prefix for the families it converts as llama.</summary>
    private static bool IsLlama(JsonElement? config) =>
        (config?.Member("text_config")?.Text("model_type") ?? config?.Text("model_type")) is "llama" or "mistral" or "mixtral" or "smollm3" or "granite";

    /// <summary>Whether a space is put before the text, as SentencePiece does: then llama.cpp's <c>llama</c> tokenizer is the right one.</summary>
    private static bool BeginsWithBoundary(TokenizerJson tokenizer) =>
        Normalizers(tokenizer.Normalizer).Any(part => part.Kind() == "Prepend")
        || Flatten(tokenizer.PreTokenizer, "pretokenizers").Any(part => part.Kind() == "Metaspace" && part.Text("prepend_scheme") != "never");

    /// <summary>What llama.cpp can be told to do to text before it splits it; spaces become boundaries by the pre-tokenizer's name.</summary>
    private static readonly string[] KnownNormalizers = ["NFC", "Lowercase", "StripAccents", "BertNormalizer", "Replace"];

    private static Vocabulary ReadBpe(TokenizerJson tokenizer, int? vocabularySize, string? preTokenizer)
    {
        if (Normalizers(tokenizer.Normalizer).FirstOrDefault(part => !KnownNormalizers.Contains(part.Kind())
            || (part.Kind() == "Replace" && !(tokenizer.ByteFallback && part.Text("content") == WordBoundary))) is { ValueKind: JsonValueKind.Object } unknown)
        {
            throw new HafsException(ErrorKind.Unsupported, "NormalizerUnsupported",
                $"{tokenizer.Path}: text is normalized by {unknown.Kind()}, which no key of GGUF says and llama.cpp does not do; it would find other tokens in some texts", tokenizer.Path);
        }

        string pre = preTokenizer ?? PreTokenizerRules.All.Match(tokenizer.PreTokenizer, tokenizer.ByteFallback, tokenizer.IgnoreMerges)
            ?? throw new HafsException(ErrorKind.Unsupported, "PreTokenizerUnknown",
                $"{tokenizer.Path}: llama.cpp has no name for the pre-tokenizer [{string.Join(" | ", PreTokenizerRules.Describe(tokenizer.PreTokenizer))}]",
                tokenizer.Path, $"-PreTokenizer NAME chooses one: {string.Join(", ", Vocabulary.PreTokenizers)}");
        (string[] tokens, TokenType[] types) = ReadTokens(tokenizer, vocabularySize);
        // A space inside a part would read as the separator, so it is spelled as byte-level tokenizers spell it.
        string[] merges = [.. tokenizer.ReadMerges().Select(merge => $"{merge.Left.Replace(' ', 'Ġ')} {merge.Right.Replace(' ', 'Ġ')}")];
        return new Vocabulary { Model = "gpt2", Pre = pre, Tokens = tokens, Types = types, Merges = merges };
    }

    private static (string[] Tokens, TokenType[] Types) ReadTokens(TokenizerJson tokenizer, int? vocabularySize)
    {
        IReadOnlyList<(string Text, int Id, double Score)> vocabulary = tokenizer.ReadVocabulary();
        int highest = Math.Max(vocabulary.Count == 0 ? -1 : vocabulary.Max(token => token.Id), tokenizer.AddedTokens.Count == 0 ? -1 : tokenizer.AddedTokens.Max(token => token.Id));
        int count = SizeOf(tokenizer.Path, highest, vocabularySize);
        var tokens = new string[count];
        var types = new TokenType[count];
        foreach ((string text, int id, _) in vocabulary)
            (tokens[id], types[id]) = (text, TokenType.Normal);
        bool decodesBoundary = Flatten(tokenizer.Decoder, "decoders").Any(part => part.Kind() == "Replace" && part.Member("pattern")?.Text("String") == WordBoundary);
        foreach (AddedToken added in tokenizer.AddedTokens)
            (tokens[added.Id], types[added.Id]) = Convert(added, decodesBoundary);
        for (int id = 0; id < count; id++)
        {
            if (tokens[id] is null)
                (tokens[id], types[id]) = ($"[PAD{id.ToString(CultureInfo.InvariantCulture)}]", TokenType.Unused);
        }

        return (tokens, types);
    }

    /// <summary>Added tokens are written as the text they stand for, because llama.cpp looks for them in raw text.</summary>
    private static (string Text, TokenType Type) Convert(AddedToken added, bool decodesBoundary)
    {
        string text = decodesBoundary && !added.Normalized ? added.Content.Replace(WordBoundary, " ", StringComparison.Ordinal) : added.Content;
        return added.Special || LooksSpecial(text)
            ? (text, TokenType.Control)
            : (text.Replace(WordBoundary, " ", StringComparison.Ordinal), TokenType.UserDefined);
    }

    /// <summary>Some models leave out the mark on control tokens (command-r, deepseek-coder, gemma).</summary>
    internal static bool LooksSpecial(string token) =>
        token is "<pad>" or "<mask>" or "<2mass>" or "[@BOS@]"
        || (token.StartsWith("<|", StringComparison.Ordinal) && token.EndsWith("|>", StringComparison.Ordinal))
        || (token.StartsWith("<｜", StringComparison.Ordinal) && token.EndsWith("｜>", StringComparison.Ordinal))
        || (token.StartsWith("<unused", StringComparison.Ordinal) && token.EndsWith('>'));

    /// <summary>
    /// A SentencePiece BPE vocabulary that only tokenizer.json holds. llama.cpp merges by scores, so each token gets the negated place of its
    /// merge; the converter writes -1000 for all, with which llama.cpp merges from left to right and finds other tokens than the original.
    /// </summary>
    private static Vocabulary ReadSentencePieceLike(TokenizerJson tokenizer, JsonElement? configuration, int? vocabularySize)
    {
        (string[] tokens, TokenType[] types) = ReadTokens(tokenizer, vocabularySize);
        HashSet<string> special = SpecialContents(configuration);
        Dictionary<string, int> rankOf = new(StringComparer.Ordinal);
        foreach ((string left, string right) in tokenizer.ReadMerges())
            rankOf.TryAdd(left + right, rankOf.Count);
        var scores = new float[tokens.Length];
        for (int id = 0, single = rankOf.Count; id < tokens.Length; id++)
        {
            if (ByteToken().IsMatch(tokens[id]))
                types[id] = TokenType.Byte;
            else if (special.Contains(tokens[id]))
                types[id] = TokenType.Control;
            scores[id] = types[id] switch
            {
                TokenType.Normal => -(rankOf.TryGetValue(tokens[id], out int rank) ? rank : single++),
                TokenType.Byte => 0,
                _ => -1000,
            };
        }

        return new Vocabulary { Model = "llama", Pre = "default", Tokens = tokens, Types = types, Scores = scores };
    }

    private static HashSet<string> SpecialContents(JsonElement? configuration)
    {
        IEnumerable<string?> named = SpecialRole.Basic.Select(role => SpecialTokens.ContentOf(configuration?.Member($"{role.Name}_token")));
        IEnumerable<string?> additional = configuration?.Items("additional_special_tokens").Select(token => SpecialTokens.ContentOf(token)) ?? [];
        return [.. named.Concat(additional).OfType<string>()];
    }

    private static bool? Normalizes(JsonElement? normalizer, string kind) => Normalizers(normalizer).Any(part => part.Kind() == kind) ? true : null;

    private static bool? BertFlag(JsonElement? normalizer, string flag) =>
        Normalizers(normalizer).Where(part => part.Kind() == "BertNormalizer").Select(part => part.Flag(flag)).FirstOrDefault();

    private static IEnumerable<JsonElement> Normalizers(JsonElement? normalizer) => Flatten(normalizer, "normalizers");

    /// <summary>A component, or the components of a sequence, nested sequences included.</summary>
    private static IEnumerable<JsonElement> Flatten(JsonElement? component, string member)
    {
        if (component is not { } part)
            return [];
        return part.Kind() == "Sequence" ? part.Items(member).SelectMany(item => Flatten(item, member)) : [part];
    }

    [GeneratedRegex("^<0x[0-9A-Fa-f]{2}>$")]
    private static partial Regex ByteToken();
}
