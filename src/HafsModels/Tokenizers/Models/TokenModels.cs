using System.Text.Json;
using HafsModels.Tokenizers.Decoders;

namespace HafsModels.Tokenizers.Models;

/// <summary>The models of tokenizer.json: a table from kind to how it is read.</summary>
internal static class TokenModels
{
    private static readonly Dictionary<string, Func<TokenizerJson, bool, ITokenModel>> Kinds = new()
    {
        ["BPE"] = ReadBpe,
        ["Unigram"] = (json, _) => ReadUnigram(json),
        ["WordPiece"] = (json, _) => ReadWordPiece(json),
        ["WordLevel"] = (json, _) => ReadWordLevel(json),
    };

    /// <param name="json">The file.</param>
    /// <param name="mapsBytes">Whether pieces are raw text whose bytes are looked up by their stand-ins.</param>
    public static ITokenModel Build(TokenizerJson json, bool mapsBytes) => Kinds.TryGetValue(json.Kind, out var read)
        ? read(json, mapsBytes)
        : throw new HafsException(ErrorKind.Unsupported, "TokenizerKindUnsupported",
            $"{json.Path}: model.type is {json.Kind}; known are {string.Join(", ", Kinds.Keys)}", json.Path);

    private static BpeModel ReadBpe(TokenizerJson json, bool mapsBytes)
    {
        JsonElement model = json.Model;
        Dictionary<string, int> vocabulary = ToDictionary(json);
        string? unknown = model.Text("unk_token");
        return new BpeModel(vocabulary, json.ReadMerges(), new BpeOptions
        {
            Unknown = unknown is not null && vocabulary.TryGetValue(unknown, out int id) ? id : null,
            FusesUnknown = model.Flag("fuse_unk") ?? false,
            FallsBackToBytes = json.ByteFallback,
            IgnoresMerges = json.IgnoreMerges,
            MapsBytes = mapsBytes,
            ContinuingPrefix = model.Text("continuing_subword_prefix") ?? "",
            EndOfWordSuffix = model.Text("end_of_word_suffix") ?? "",
        });
    }

    private static UnigramModel ReadUnigram(TokenizerJson json)
    {
        IReadOnlyList<(string Text, int Id, double Score)> tokens = json.ReadVocabulary();
        var byteIds = new int[256];
        Array.Fill(byteIds, -1);
        foreach ((string text, int id, _) in tokens)
        {
            if (json.ByteFallback && TokenText.SentencePiece(stripsPrefix: false).TryByte(text, out byte value))
                byteIds[value] = id;
        }

        return new UnigramModel(tokens, json.Model.Integer("unk_id"), byteIds, tokens.Count == 0 ? 0 : tokens.Min(token => token.Score), singlePrecision: false);
    }

    private static WordPieceModel ReadWordPiece(TokenizerJson json)
    {
        Dictionary<string, int> vocabulary = ToDictionary(json);
        string unknown = json.Model.Text("unk_token") ?? "[UNK]";
        return new WordPieceModel(vocabulary, vocabulary.TryGetValue(unknown, out int id) ? id : throw json.Invalid($"the unknown token '{unknown}' is not in the vocabulary"),
            json.Model.Text("continuing_subword_prefix") ?? "##", json.Model.Integer("max_input_chars_per_word") ?? 100);
    }

    private static WordLevelModel ReadWordLevel(TokenizerJson json)
    {
        Dictionary<string, int> vocabulary = ToDictionary(json);
        return new WordLevelModel(vocabulary, json.Model.Text("unk_token") is { } unknown && vocabulary.TryGetValue(unknown, out int id) ? id : null);
    }

    private static Dictionary<string, int> ToDictionary(TokenizerJson json)
    {
        var vocabulary = new Dictionary<string, int>(StringComparer.Ordinal);
        foreach ((string text, int id, _) in json.ReadVocabulary())
            vocabulary[text] = id;
        return vocabulary;
    }
}
