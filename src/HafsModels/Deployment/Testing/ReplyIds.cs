using HafsModels.Inference;

namespace HafsModels.Deployment.Testing;

/// <summary>Gives the tokens of replies their ids, where a backend tells their text only.</summary>
internal sealed class ReplyIds(TextGenerator source)
{
    private Dictionary<string, int>? byBytes;

    /// <summary>Ids and log-probabilities of a reply. Tokens that cannot be told apart are found by tokenizing the text anew; then there are no probabilities.</summary>
    public IReadOnlyList<(int Id, double? LogProbability)> Of(BackendReply reply)
    {
        var found = new List<(int, double?)>(reply.Tokens.Count);
        foreach (ReplyToken token in reply.Tokens)
        {
            if ((token.Id ?? Find(token.Bytes)) is not { } id)
                return [.. source.Tokenizer.Encode(reply.Text, addSpecial: false).Select(i => (i, (double?)null))];
            found.Add((id, token.LogProbability));
        }

        // The token that ends a turn is no part of the answer, but some backends list it.
        if (found.Count > 0 && reply.StopReason == StopReason.StopToken && source.StopTokens.Contains(found[^1].Item1))
            found.RemoveAt(found.Count - 1);
        return found.Count > 0 || reply.Text.Length == 0 ? found : [.. source.Tokenizer.Encode(reply.Text, addSpecial: false).Select(i => (i, (double?)null))];
    }

    private int? Find(ReadOnlyMemory<byte>? bytes)
    {
        if (bytes is not { Length: > 0 } given)
            return null;
        byBytes ??= Index();
        return byBytes.TryGetValue(Convert.ToHexString(given.Span), out int id) ? id : null;
    }

    private Dictionary<string, int> Index()
    {
        var index = new Dictionary<string, int>(StringComparer.Ordinal);
        for (int id = 0; id < source.Tokenizer.VocabularySize; id++)
            index.TryAdd(Convert.ToHexString(source.Tokenizer.BytesOf(id, first: false)), id);
        return index;
    }
}
