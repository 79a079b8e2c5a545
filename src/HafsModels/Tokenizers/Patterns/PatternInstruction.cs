namespace HafsModels.Tokenizers.Patterns;

/// <summary>One instruction of a compiled pattern.</summary>
/// <param name="Op">What it does.</param>
/// <param name="Set">Code points it takes or looks for.</param>
/// <param name="Minimum">Least number of code points.</param>
/// <param name="Maximum">Most code points.</param>
/// <param name="First">First target.</param>
/// <param name="Second">Second target.</param>
internal readonly record struct PatternInstruction(PatternOp Op, CharSet? Set = null, int Minimum = 0, int Maximum = 0, int First = 0, int Second = 0);
