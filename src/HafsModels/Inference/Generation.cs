namespace HafsModels.Inference;

/// <summary>Generated tokens.</summary>
/// <param name="Tokens">The tokens, without the stop token.</param>
/// <param name="StopReason">Why there are no more.</param>
/// <param name="FirstTokenMilliseconds">Time for the prompt and the first token.</param>
/// <param name="TokensPerSecond">Speed of the tokens after the first; 0 when there are none.</param>
public sealed record Generation(IReadOnlyList<int> Tokens, StopReason StopReason, double FirstTokenMilliseconds, double TokensPerSecond);
