namespace HafsModels.Tokenizers.Models;

/// <summary>Finds the tokens of one piece of text. Implementations are immutable or safe for many threads.</summary>
internal interface ITokenModel
{
    /// <summary>Appends the ids of a piece.</summary>
    void Encode(ReadOnlySpan<char> piece, List<int> ids);
}
