namespace HafsModels.Tokenizers.Models;

/// <summary>A piece is a token or unknown.</summary>
internal sealed class WordLevelModel(Dictionary<string, int> vocabulary, int? unknown) : ITokenModel
{
    private readonly Dictionary<string, int>.AlternateLookup<ReadOnlySpan<char>> ids = vocabulary.GetAlternateLookup<ReadOnlySpan<char>>();

    public void Encode(ReadOnlySpan<char> piece, List<int> into)
    {
        if (ids.TryGetValue(piece, out int id))
            into.Add(id);
        else if (unknown is { } other)
            into.Add(other);
    }
}
