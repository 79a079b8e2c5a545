namespace HafsModels.Tokenizers.Models;

/// <summary>WordPiece: the longest token that begins the word, then the longest that goes on, marked by a prefix; an unknown rest makes the whole word unknown.</summary>
internal sealed class WordPieceModel(Dictionary<string, int> vocabulary, int unknown, string continuingPrefix, int maximumCharacters) : ITokenModel
{
    private readonly Dictionary<string, int>.AlternateLookup<ReadOnlySpan<char>> ids = vocabulary.GetAlternateLookup<ReadOnlySpan<char>>();

    public void Encode(ReadOnlySpan<char> piece, List<int> into)
    {
        int characters = 0;
        foreach (System.Text.Rune _ in piece.EnumerateRunes())
            characters++;
        int start = into.Count;
        ReadOnlySpan<char> rest = piece;
        while (!rest.IsEmpty && characters <= maximumCharacters)
        {
            int length = rest.Length;
            int id = -1;
            bool first = rest.Length == piece.Length;
            for (; length > 0; length--)
            {
                bool whole = length == rest.Length || !char.IsLowSurrogate(rest[length]);
                if (whole && ids.TryGetValue(first ? rest[..length] : string.Concat(continuingPrefix, rest[..length]), out id))
                    break;
            }

            if (length == 0)
                break;
            into.Add(id);
            rest = rest[length..];
        }

        if (rest.IsEmpty)
            return;
        into.RemoveRange(start, into.Count - start);
        into.Add(unknown);
    }
}
