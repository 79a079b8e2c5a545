using System.Text;

namespace HafsModels.Tokenizers.Models;

/// <summary>SentencePiece's Unigram: of all ways to spell a piece with tokens, the one with the highest sum of scores.</summary>
internal sealed class UnigramModel : ITokenModel
{
    /// <summary>How much worse than the worst token an unknown character scores.</summary>
    private const double UnknownPenalty = 10;

    private readonly CharTrie trie = new();
    private readonly Dictionary<int, double> scores = [];
    private readonly int? unknown;
    private readonly double unknownScore;
    private readonly bool singlePrecision;
    private readonly int[] byteIds;

    /// <param name="tokens">Tokens that text can become, with their scores (log probabilities).</param>
    /// <param name="unknown">Token for characters that no token covers, or null.</param>
    /// <param name="byteIds">Tokens of the bytes that spell such characters instead, where all of a character are there; -1 for none.</param>
    /// <param name="lowestScore">Score of the worst token.</param>
    /// <param name="singlePrecision">Whether sums are kept as 32-bit numbers, as SentencePiece does, which decides between paths that are nearly equal.</param>
    public UnigramModel(IEnumerable<(string Text, int Id, double Score)> tokens, int? unknown, int[] byteIds, double lowestScore, bool singlePrecision)
    {
        this.unknown = unknown;
        this.byteIds = byteIds;
        this.singlePrecision = singlePrecision;
        unknownScore = lowestScore - UnknownPenalty;
        foreach ((string text, int id, double score) in tokens)
        {
            trie.Add(text, id);
            scores[id] = score;
        }
    }

    public void Encode(ReadOnlySpan<char> piece, List<int> ids)
    {
        var best = new (double Score, int Start, int Id)[piece.Length + 1];
        for (int i = 1; i < best.Length; i++)
            best[i] = (0, -1, -1);
        for (int start = 0; start < piece.Length;)
        {
            _ = Rune.DecodeFromUtf16(piece[start..], out _, out int units);
            bool covered = false;
            int node = 0;
            for (int at = start; at < piece.Length && trie.Step(ref node, piece[at], out int id); at++)
            {
                if (id < 0)
                    continue;
                covered |= at + 1 == start + units;
                Offer(ref best[at + 1], best[start].Score + scores[id], start, id);
            }

            if (!covered)
                Offer(ref best[start + units], best[start].Score + unknownScore, start, -1);
            start += units;
        }

        Collect(piece, best, ids);
    }

    private void Offer(ref (double Score, int Start, int Id) end, double score, int start, int id)
    {
        if (end.Start < 0 || score > end.Score)
            end = (singlePrecision ? (float)score : score, start, id);
    }

    private void Collect(ReadOnlySpan<char> piece, (double Score, int Start, int Id)[] best, List<int> ids)
    {
        var path = new List<(int Start, int End, int Id)>();
        for (int end = piece.Length; end > 0; end = best[end].Start)
        {
            (_, int start, int id) = best[end];
            // Neighbouring unknown characters are one unknown stretch.
            if (id < 0 && path.Count > 0 && path[^1].Id < 0)
                path[^1] = (start, path[^1].End, -1);
            else
                path.Add((start, end, id));
        }

        for (int i = path.Count - 1; i >= 0; i--)
        {
            (int start, int end, int id) = path[i];
            if (id >= 0)
                ids.Add(id);
            else
                AddUnknown(piece[start..end], ids);
        }
    }

    private void AddUnknown(ReadOnlySpan<char> text, List<int> ids)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(text.ToString());
        if (bytes.All(b => byteIds[b] >= 0))
            ids.AddRange(bytes.Select(b => byteIds[b]));
        else if (unknown is { } id)
            ids.Add(id);
    }
}
