namespace HafsModels.Tokenizers.PreTokenizers;

/// <summary>Cuts one piece.</summary>
/// <param name="piece">The piece.</param>
/// <param name="keep">Takes start and end of each part to keep, in order.</param>
internal delegate void PieceCutter(ReadOnlySpan<char> piece, Action<int, int> keep);
