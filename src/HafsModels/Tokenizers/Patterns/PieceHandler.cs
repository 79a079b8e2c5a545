namespace HafsModels.Tokenizers.Patterns;

/// <summary>Receives a stretch of text.</summary>
/// <param name="start">First unit.</param>
/// <param name="end">One past the last unit.</param>
/// <param name="matched">Whether the pattern matched it; false for what lies between matches.</param>
internal delegate void PieceHandler(int start, int end, bool matched);
