using System.Text.Json;

namespace HafsModels.Tokenizers;

/// <summary>A tokenizer.json: its parts as they stand, its vocabulary and merges read out. Source: the serialization of Hugging Face tokenizers.</summary>
internal sealed class TokenizerJson : IDisposable
{
    internal const int MaximumTokens = 4_000_000;

    private readonly JsonDocument document;

    private TokenizerJson(string path, JsonDocument document)
    {
        this.document = document;
        Path = path;
        JsonElement root = document.RootElement;
        Normalizer = root.Member("normalizer");
        PreTokenizer = root.Member("pre_tokenizer");
        PostProcessor = root.Member("post_processor");
        Decoder = root.Member("decoder");
        Model = root.Member("model") ?? throw Invalid("the model is missing");
        // Files of old writers leave the type out; only BPE has merges.
        Kind = Model.Kind() is { Length: > 0 } kind ? kind : Model.Member("merges") is null ? "WordLevel" : "BPE";
        AddedTokens = [.. root.Items("added_tokens").Select(ReadAddedToken)];
    }

    public string Path { get; }

    public JsonElement? Normalizer { get; }

    public JsonElement? PreTokenizer { get; }

    public JsonElement? PostProcessor { get; }

    public JsonElement? Decoder { get; }

    public JsonElement Model { get; }

    /// <summary>BPE, Unigram, WordPiece or WordLevel.</summary>
    public string Kind { get; }

    public IReadOnlyList<AddedToken> AddedTokens { get; }

    public bool ByteFallback => Model.Flag("byte_fallback") ?? false;

    public bool IgnoreMerges => Model.Flag("ignore_merges") ?? false;

    /// <summary>Reads a file; null when it is not there.</summary>
    public static TokenizerJson? TryRead(string path)
    {
        JsonDocument? document = TokenizerFiles.TryRead(path);
        try
        {
            return document is null ? null : new TokenizerJson(path, document);
        }
        catch
        {
            document?.Dispose();
            throw;
        }
    }

    /// <summary>Tokens of the model, without the added ones, with their ids (and scores for Unigram, else 0).</summary>
    public IReadOnlyList<(string Text, int Id, double Score)> ReadVocabulary()
    {
        JsonElement vocab = Model.Member("vocab") ?? throw Invalid("model.vocab is missing");
        var tokens = new List<(string, int, double)>();
        if (vocab.ValueKind == JsonValueKind.Array)
        {
            foreach (JsonElement piece in vocab.EnumerateArray())
            {
                if (piece.ValueKind != JsonValueKind.Array || piece.GetArrayLength() != 2 || piece[0].ValueKind != JsonValueKind.String
                    || piece[1].ValueKind != JsonValueKind.Number)
                    throw Invalid($"model.vocab: item {tokens.Count:N0} is no pair of piece and score");
                tokens.Add((TextOf(piece[0]), tokens.Count, piece[1].GetDouble()));
            }
        }
        else if (vocab.ValueKind == JsonValueKind.Object)
        {
            foreach (JsonProperty token in vocab.EnumerateObject())
            {
                if (token.Value.Integer() is not (>= 0 and < MaximumTokens and var id))
                    throw Invalid($"model.vocab: '{token.Name}' has the id {token.Value.GetRawText()}; ids are 0 to {MaximumTokens - 1:N0}");
                tokens.Add((token.Name, id, 0));
            }
        }
        else
        {
            throw Invalid($"model.vocab is a JSON {vocab.ValueKind}; an object or an array of pairs is needed");
        }

        return tokens;
    }

    /// <summary>The merges in order of rank. Both spellings are read: <c>"a b"</c> and <c>["a", "b"]</c>.</summary>
    public IReadOnlyList<(string Left, string Right)> ReadMerges()
    {
        if (Model.Member("merges") is not { ValueKind: JsonValueKind.Array } merges)
            return [];
        var pairs = new List<(string, string)>(merges.GetArrayLength());
        foreach (JsonElement merge in merges.EnumerateArray())
        {
            if (merge.ValueKind == JsonValueKind.Array && merge.GetArrayLength() == 2)
            {
                pairs.Add((TextOf(merge[0]), TextOf(merge[1])));
                continue;
            }

            string text = TextOf(merge);
            int space = text.IndexOf(' ', StringComparison.Ordinal);
            if (space <= 0 || text.IndexOf(' ', space + 1) >= 0)
                throw Invalid($"model.merges: item {pairs.Count:N0} '{text}' is no pair of two parts");
            pairs.Add((text[..space], text[(space + 1)..]));
        }

        return pairs;
    }

    public void Dispose() => document.Dispose();

    public HafsException Invalid(string what) => new(ErrorKind.InvalidData, "TokenizerJsonInvalid", $"{Path}: {what}", Path);

    private AddedToken ReadAddedToken(JsonElement token)
    {
        int id = token.Integer("id") ?? -1;
        string? content = token.Text("content");
        if (content is null || id < 0 || id >= MaximumTokens)
            throw Invalid($"added_tokens: an item has the id {id} and {(content is null ? "no content" : $"the content '{content}'")}");
        return new AddedToken(id, content, token.Flag("special") ?? false, token.Flag("normalized") ?? false,
            token.Flag("single_word") ?? false, token.Flag("lstrip") ?? false, token.Flag("rstrip") ?? false);
    }

    private string TextOf(JsonElement element) =>
        element.ValueKind == JsonValueKind.String ? element.GetString()! : throw Invalid($"a JSON {element.ValueKind} stands where text is needed");
}
