using System.Globalization;
using HafsModels.Tokenizers.Decoders;
using HafsModels.Tokenizers.Models;
using HafsModels.Tokenizers.Normalizers;
using HafsModels.Tokenizers.PreTokenizers;

namespace HafsModels.Tokenizers;

/// <summary>Puts tokenizers together: from the files of a model folder, or from a vocabulary alone.</summary>
internal static class TokenizerBuilder
{
    private const string Boundary = "\u2581";

    public static TokenizerParts FromFolder(string folder)
    {
        using TokenizerJson? json = TokenizerJson.TryRead(Path.Combine(folder, "tokenizer.json"));
        if (json is null)
            return FromScores(VocabularyReader.Read(folder, preTokenizer: null, modelConfig: null));
        Func<string, string> normalize = TextNormalizers.Build(json.Normalizer);
        PreTokenizer preTokenizer = PreTokenizer.Build(json.PreTokenizer);
        return new TokenizerParts
        {
            RawTokens = new AddedTokenMatcher(json.AddedTokens.Where(token => !token.Normalized).Select(token => (token.Content, token))),
            Normalize = normalize,
            NormalizedTokens = new AddedTokenMatcher(json.AddedTokens.Where(token => token.Normalized).Select(token => (normalize(token.Content), token))),
            PreTokenizer = preTokenizer,
            Model = TokenModels.Build(json, preTokenizer.LeavesBytes),
            Around = PostProcessing.Build(json),
            Text = TokenText.Build(json.Decoder),
            Tokens = SpellingsOf(json),
            Special = json.AddedTokens.Where(token => token.Special).Select(token => token.Id).ToHashSet(),
        };
    }

    public static TokenizerParts FromVocabulary(Vocabulary vocabulary, string path) => vocabulary.Model switch
    {
        "gpt2" => FromMerges(vocabulary, path),
        "llama" or "t5" => FromScores(vocabulary),
        string model => throw new HafsException(ErrorKind.Unsupported, "TokenizerModelUnsupported",
            $"{path}: tokenizer.ggml.model is {model}; gpt2, llama and t5 can be run here", path),
    };

    private static TokenizerParts FromMerges(Vocabulary vocabulary, string path)
    {
        string name = vocabulary.Pre ?? "default";
        PreTokenizerRecipe recipe = PreTokenizerRules.All.Find(name)
            ?? throw new HafsException(ErrorKind.Unsupported, "PreTokenizerUnknown", $"{path}: tokenizer.ggml.pre is {name}, which is not known here", path);
        PreTokenizer preTokenizer = PreTokenizer.Build(recipe);
        Dictionary<string, int> ids = IdsOf(vocabulary, recipe.ByteFallback);
        var model = new BpeModel(ids, [.. MergesOf(vocabulary, ids)], new BpeOptions
        {
            Unknown = vocabulary.UnkId,
            FusesUnknown = recipe.ByteFallback,
            FallsBackToBytes = recipe.ByteFallback,
            IgnoresMerges = recipe.IgnoresMerges,
            MapsBytes = preTokenizer.LeavesBytes,
        });
        Func<string, string> normalize = recipe.ByteFallback ? TextNormalizers.Replace(" ", Boundary) : text => text;
        if (vocabulary.NormalizeNfc == true)
            normalize = TextNormalizers.Chain([text => UnicodeNormalization.Tables.Normalize(text, compatibility: false, compose: true), normalize]);
        if (vocabulary.NormalizeLowercase == true)
            normalize = TextNormalizers.Chain([normalize, TextNormalizers.Lowercase]);
        return Assemble(vocabulary, normalize, preTokenizer, model, recipe.AddsBos,
            recipe.ByteFallback ? TokenText.SentencePiece(stripsPrefix: false) : new TokenText { MapsBytes = true });
    }

    /// <summary>
    /// SentencePiece. Tokens of the model file that are user-defined are cut out by the model itself, so that no space comes before what follows
    /// them; those added later are cut out of raw text, and every stretch between begins anew.
    /// </summary>
    private static TokenizerParts FromScores(Vocabulary vocabulary)
    {
        bool unigram = vocabulary.Model == "t5";
        bool prefixed = vocabulary.AddSpacePrefix ?? true;
        float[] scores = vocabulary.Scores?.ToArray() ?? new float[vocabulary.Tokens.Count];
        var byteIds = new int[256];
        Array.Fill(byteIds, -1);
        Dictionary<string, int> ids = new(StringComparer.Ordinal);
        var frozen = new List<string>();
        for (int id = 0; id < vocabulary.Tokens.Count; id++)
        {
            string text = vocabulary.Tokens[id].Replace(" ", Boundary, StringComparison.Ordinal);
            if (vocabulary.Types[id] == TokenType.Byte && TokenText.SentencePiece(false).TryByte(text, out byte value))
                byteIds[value] = id;
            else if (vocabulary.Types[id] == TokenType.Normal || IsFrozen(vocabulary, id))
                ids.TryAdd(text, id);
            if (IsFrozen(vocabulary, id))
                frozen.Add(text);
        }

        var normalizer = new SentencePieceNormalizer(
            vocabulary.PrecompiledCharsMap is { } map ? new PrecompiledCharsMap(map) : null, prefixed, vocabulary.RemoveExtraWhitespaces ?? false, frozen);
        ITokenModel model = unigram ? UnigramOf(vocabulary, ids, scores, byteIds) : new ScoredBpeModel(ids, scores, byteIds, vocabulary.UnkId, frozen);
        return Assemble(vocabulary, normalizer.Normalize, PreTokenizer.Build((System.Text.Json.JsonElement?)null), model, addsBos: !unigram, TokenText.SentencePiece(prefixed));
    }

    private static UnigramModel UnigramOf(Vocabulary vocabulary, Dictionary<string, int> ids, float[] scores, int[] byteIds)
    {
        float[] normal = [.. scores.Where((_, id) => vocabulary.Types[id] == TokenType.Normal)];
        (float lowest, float highest) = normal.Length == 0 ? (0, 0) : (normal.Min(), normal.Max());
        double ScoreOf(string text, int id) =>
            vocabulary.Types[id] == TokenType.UserDefined ? (System.Text.Encoding.UTF8.GetByteCount(text) * highest) - 0.1 : scores[id];
        return new UnigramModel(ids.Select(token => (token.Key, token.Value, ScoreOf(token.Key, token.Value))), vocabulary.UnkId, byteIds, lowest, singlePrecision: true);
    }

    private static bool IsFrozen(Vocabulary vocabulary, int id) =>
        vocabulary.Types[id] == TokenType.UserDefined && vocabulary.Model is "llama" or "t5" && vocabulary.Scores?[id] != SentencePieceVocabulary.AddedScore;

    private static TokenizerParts Assemble(
        Vocabulary vocabulary, Func<string, string> normalize, PreTokenizer preTokenizer, ITokenModel model, bool addsBos, TokenText text)
    {
        AddedToken[] added = [.. AddedOf(vocabulary)];
        int[] before = (vocabulary.AddBos ?? addsBos) && vocabulary.BosId is { } bos ? [bos] : [];
        int[] after = (vocabulary.AddEos ?? false) && vocabulary.EosId is { } eos ? [eos] : [];
        return new TokenizerParts
        {
            RawTokens = new AddedTokenMatcher(added.Select(token => (token.Content, token))),
            Normalize = normalize,
            NormalizedTokens = new AddedTokenMatcher([]),
            PreTokenizer = preTokenizer,
            Model = model,
            Around = new PostProcessing(before, after),
            Text = text,
            Tokens = vocabulary.Tokens,
            Special = added.Where(token => token.Special).Select(token => token.Id).ToHashSet(),
        };
    }

    /// <summary>Runs of spaces are made by merging, as in the original, though GGUF files of byte-level tokenizers call them user-defined.</summary>
    private static IEnumerable<AddedToken> AddedOf(Vocabulary vocabulary)
    {
        for (int id = 0; id < vocabulary.Tokens.Count; id++)
        {
            TokenType type = vocabulary.Types[id];
            bool special = type is TokenType.Control or TokenType.Unknown;
            bool cut = type == TokenType.UserDefined && !IsFrozen(vocabulary, id) && (vocabulary.Model != "gpt2" || vocabulary.Tokens[id].AsSpan().IndexOfAnyExcept(' ') >= 0);
            if (special || cut)
                yield return new AddedToken(id, vocabulary.Tokens[id], special, Normalized: false, SingleWord: false, StripsLeft: false, StripsRight: false);
        }
    }

    private static Dictionary<string, int> IdsOf(Vocabulary vocabulary, bool byteFallback)
    {
        var ids = new Dictionary<string, int>(vocabulary.Tokens.Count, StringComparer.Ordinal);
        for (int id = 0; id < vocabulary.Tokens.Count; id++)
        {
            if (vocabulary.Types[id] == TokenType.Unused)
                continue;
            ids.TryAdd(vocabulary.Tokens[id], id);
            // User-defined runs of spaces are written as the text they stand for; merges name them by their word boundaries.
            if (byteFallback && vocabulary.Types[id] == TokenType.UserDefined)
                ids.TryAdd(vocabulary.Tokens[id].Replace(" ", Boundary, StringComparison.Ordinal), id);
        }

        return ids;
    }

    /// <summary>Merges whose parts are no tokens can never happen; llama.cpp keeps them and so do files.</summary>
    private static IEnumerable<(string Left, string Right)> MergesOf(Vocabulary vocabulary, Dictionary<string, int> ids)
    {
        foreach (string merge in vocabulary.Merges ?? [])
        {
            int space = merge.IndexOf(' ', Math.Min(1, merge.Length));
            if (space <= 0)
                continue;
            (string left, string right) = (merge[..space], merge[(space + 1)..]);
            if (right.Length > 0 && ids.ContainsKey(left) && ids.ContainsKey(right) && ids.ContainsKey(left + right))
                yield return (left, right);
        }
    }

    private static string[] SpellingsOf(TokenizerJson json)
    {
        IReadOnlyList<(string Text, int Id, double Score)> vocabulary = json.ReadVocabulary();
        int count = vocabulary.Select(token => token.Id).Concat(json.AddedTokens.Select(token => token.Id)).DefaultIfEmpty(-1).Max() + 1;
        var spellings = new string[count];
        foreach ((string text, int id, _) in vocabulary)
            spellings[id] = text;
        foreach (AddedToken token in json.AddedTokens)
            spellings[token.Id] = token.Content;
        for (int id = 0; id < count; id++)
            spellings[id] ??= string.Create(CultureInfo.InvariantCulture, $"[PAD{id}]");
        return spellings;
    }
}
