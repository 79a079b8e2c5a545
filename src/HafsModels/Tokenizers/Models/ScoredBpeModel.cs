using System.Text;

namespace HafsModels.Tokenizers.Models;

/// <summary>
/// SentencePiece BPE: neighbours whose joined text is a token merge, the highest score first, the leftmost of equals; characters left without
/// a token are spelled by their bytes.
/// </summary>
internal sealed class ScoredBpeModel : ITokenModel
{
    private readonly Dictionary<string, int>.AlternateLookup<ReadOnlySpan<char>> ids;
    private readonly float[] scores;
    private readonly int[] byteIds;
    private readonly int? unknown;
    private readonly CharTrie frozen = new();

    /// <param name="vocabulary">Id of each token that text can become.</param>
    /// <param name="scores">Score of every id.</param>
    /// <param name="byteIds">Token of each byte, or -1.</param>
    /// <param name="unknown">Token for what has neither, or null.</param>
    /// <param name="frozen">Tokens that text is cut at first and that never merge, each among <paramref name="vocabulary"/>.</param>
    public ScoredBpeModel(Dictionary<string, int> vocabulary, float[] scores, int[] byteIds, int? unknown, IEnumerable<string> frozen)
    {
        foreach (string text in frozen)
            this.frozen.Add(text, vocabulary[text]);
        ids = vocabulary.GetAlternateLookup<ReadOnlySpan<char>>();
        this.scores = scores;
        this.byteIds = byteIds;
        this.unknown = unknown;
    }

    public void Encode(ReadOnlySpan<char> piece, List<int> into)
    {
        for (int start = 0, at = 0; start < piece.Length;)
        {
            int length = at < piece.Length ? frozen.LongestAt(piece[at..]).Length : 0;
            if (length > 0 || at == piece.Length)
            {
                Merge(piece[start..at], into);
                if (length > 0)
                    Add(piece.Slice(at, length), into);
                start = at += length;
            }
            else
            {
                at++;
            }
        }
    }

    private void Merge(ReadOnlySpan<char> piece, List<int> into)
    {
        if (piece.IsEmpty)
            return;
        var symbols = new List<(int Start, int End, int Previous, int Next)>(piece.Length);
        for (int at = 0; at < piece.Length;)
        {
            _ = Rune.DecodeFromUtf16(piece[at..], out _, out int units);
            symbols.Add((at, at + units, symbols.Count - 1, symbols.Count + 1));
            at += units;
        }

        symbols[^1] = symbols[^1] with { Next = -1 };
        var queue = new PriorityQueue<(int Left, int Right, int Length), (float Score, int Left)>(Order);
        for (int i = 1; i < symbols.Count; i++)
            Offer(piece, symbols, queue, i - 1, i);
        while (queue.TryDequeue(out (int Left, int Right, int Length) pair, out _))
        {
            (int start, int end, int previous, _) = symbols[pair.Left];
            (int rightStart, int rightEnd, _, int next) = symbols[pair.Right];
            if (start == end || rightStart == rightEnd || rightEnd - start != pair.Length)
                continue;
            symbols[pair.Left] = (start, rightEnd, previous, next);
            symbols[pair.Right] = (rightStart, rightStart, -1, -1);
            if (next >= 0)
                symbols[next] = symbols[next] with { Previous = pair.Left };
            Offer(piece, symbols, queue, previous, pair.Left);
            Offer(piece, symbols, queue, pair.Left, next);
        }

        for (int i = 0; i >= 0; i = symbols[i].Next)
            Add(piece[symbols[i].Start..symbols[i].End], into);
    }

    private static readonly Comparer<(float Score, int Left)> Order = Comparer<(float Score, int Left)>.Create(
        (a, b) => a.Score != b.Score ? b.Score.CompareTo(a.Score) : a.Left.CompareTo(b.Left));

    private void Offer(ReadOnlySpan<char> piece, List<(int Start, int End, int Previous, int Next)> symbols,
        PriorityQueue<(int Left, int Right, int Length), (float Score, int Left)> queue, int left, int right)
    {
        if (left < 0 || right < 0)
            return;
        (int start, int end) = (symbols[left].Start, symbols[right].End);
        if (ids.TryGetValue(piece[start..end], out int id))
            queue.Enqueue((left, right, end - start), (scores[id], left));
    }

    private void Add(ReadOnlySpan<char> symbol, List<int> into)
    {
        if (ids.TryGetValue(symbol, out int id))
        {
            into.Add(id);
            return;
        }

        byte[] bytes = Encoding.UTF8.GetBytes(symbol.ToString());
        if (bytes.All(b => byteIds[b] >= 0))
            into.AddRange(bytes.Select(b => byteIds[b]));
        else if (unknown is { } other)
            into.Add(other);
    }
}
