using System.Globalization;
using System.Text.Json;
using HafsModels.Formats.SentencePiece;
using PieceType = HafsModels.Formats.SentencePiece.ModelProto.Types.Piece.Types.Type;

namespace HafsModels.Tokenizers;

/// <summary>
/// Makes a <see cref="Vocabulary"/> of a SentencePiece model file and the tokens that were added later (added_tokens.json,
/// tokenizer_config.json, tokenizer.json), by the rules of llama.cpp's converter except where those make llama.cpp split texts otherwise than
/// the original: a Unigram is always a <c>t5</c>, and user-defined pieces stay user-defined.
/// </summary>
internal static class SentencePieceVocabulary
{
    /// <summary>Score of tokens that were added after training; no piece of a model file has it.</summary>
    internal const float AddedScore = -1000;

    private const float PaddingScore = -10000;
    private const string Boundary = "\u2581";

    /// <param name="path">The model file.</param>
    /// <param name="configuration">tokenizer_config.json, or null.</param>
    /// <param name="tokenizer">tokenizer.json, or null.</param>
    /// <param name="vocabularySize">Rows of the embedding, or null for as many as there are tokens.</param>
    public static Vocabulary Read(string path, JsonElement? configuration, TokenizerJson? tokenizer, int? vocabularySize)
    {
        ModelProto model = SentencePieceFile.Read(path);
        List<(int Id, string Text, bool Special)> added = [.. AddedTokens(Path.GetDirectoryName(path)!, configuration, tokenizer)];
        if (tokenizer is not null)
            RequireSameTokens(model, tokenizer, path, added.Select(token => token.Id).ToHashSet());
        int count = VocabularyReader.SizeOf(path, Math.Max(model.Pieces.Count - 1, added.Select(token => token.Id).DefaultIfEmpty(-1).Max()), vocabularySize);
        var tokens = new string[count];
        var scores = new float[count];
        var types = new TokenType[count];
        for (int id = 0; id < count; id++)
        {
            (tokens[id], scores[id], types[id]) = id < model.Pieces.Count
                ? (model.Pieces[id].Piece_, model.Pieces[id].Score, (TokenType)model.Pieces[id].Type)
                : ($"[PAD{id.ToString(CultureInfo.InvariantCulture)}]", PaddingScore, TokenType.Unused);
            if (types[id] == TokenType.UserDefined)
                tokens[id] = tokens[id].Replace(Boundary, " ", StringComparison.Ordinal);
        }

        foreach ((int id, string text, bool special) in added)
        {
            // Text that the file itself defines keeps its score, which tells it from what was added.
            bool known = id < model.Pieces.Count && model.Pieces[id].Type == PieceType.UserDefined && model.Pieces[id].Piece_ == text && !special;
            if (known)
                continue;
            bool steers = special || VocabularyReader.LooksSpecial(text);
            (tokens[id], scores[id], types[id]) = (steers ? text : text.Replace(Boundary, " ", StringComparison.Ordinal), AddedScore, steers ? TokenType.Control : TokenType.UserDefined);
        }

        bool unigram = model.TrainerSpec?.ModelType is null or TrainerSpec.Types.ModelType.Unigram;
        NormalizerSpec normalizer = model.NormalizerSpec ?? new NormalizerSpec();
        return new Vocabulary
        {
            Model = unigram ? "t5" : "llama",
            Pre = "default",
            Tokens = tokens,
            Scores = scores,
            Types = types,
            // llama.cpp heeds the last two under t5 only; under llama they are written where they say something.
            AddSpacePrefix = unigram || !normalizer.AddDummyPrefix ? normalizer.AddDummyPrefix : null,
            RemoveExtraWhitespaces = unigram || normalizer.RemoveExtraWhitespaces ? normalizer.RemoveExtraWhitespaces : null,
            PrecompiledCharsMap = normalizer.PrecompiledCharsmap.IsEmpty ? null : normalizer.PrecompiledCharsmap.ToByteArray(),
        };
    }

    private static IEnumerable<(int Id, string Text, bool Special)> AddedTokens(string folder, JsonElement? configuration, TokenizerJson? tokenizer)
    {
        using JsonDocument? list = TokenizerFiles.TryRead(Path.Combine(folder, "added_tokens.json"));
        foreach (JsonProperty token in list?.RootElement.EnumerateObject().AsEnumerable() ?? [])
            yield return (IdOf(token.Value, token.Name), token.Name, false);
        if (configuration?.Member("added_tokens_decoder") is { ValueKind: JsonValueKind.Object } decoder)
        {
            foreach (JsonProperty token in decoder.EnumerateObject())
            {
                if (token.Value.Text("content") is { } text && int.TryParse(token.Name, NumberStyles.None, CultureInfo.InvariantCulture, out int id))
                    yield return (id < TokenizerJson.MaximumTokens ? id : throw BadId("tokenizer_config.json", text, token.Name), text, token.Value.Flag("special") ?? false);
            }
        }
        else
        {
            foreach (AddedToken token in tokenizer?.AddedTokens ?? [])
                yield return (token.Id, token.Content, token.Special);
        }
    }

    private static int IdOf(JsonElement value, string name) =>
        value.Integer() is >= 0 and < TokenizerJson.MaximumTokens and var id ? id : throw BadId("added_tokens.json", name, value.GetRawText());

    private static HafsException BadId(string file, string token, string id) =>
        new(ErrorKind.InvalidData, "TokenizerFileInvalid", $"{file}: '{token}' has the id {id}; ids are 0 to {TokenizerJson.MaximumTokens - 1:N0}");

    /// <summary>Both files are there: they must tell the same story, or one of them belongs to another model.</summary>
    private static void RequireSameTokens(ModelProto model, TokenizerJson tokenizer, string path, HashSet<int> added)
    {
        foreach ((string text, int id, _) in tokenizer.ReadVocabulary())
        {
            if (id >= model.Pieces.Count || model.Pieces[id].Piece_ == text || added.Contains(id))
                continue;
            throw new HafsException(ErrorKind.InvalidData, "TokenizersDisagree",
                $"{path}: token {id:N0} is '{model.Pieces[id].Piece_}', but '{text}' in {Path.GetFileName(tokenizer.Path)}", path,
                "one of the two files belongs to another model; take the wrong one away");
        }
    }
}
