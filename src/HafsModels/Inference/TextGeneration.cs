namespace HafsModels.Inference;

/// <summary>Generated text.</summary>
/// <param name="Prompt">What was continued.</param>
/// <param name="Text">The continuation, without special tokens.</param>
/// <param name="Tokens">Its tokens, without the stop token.</param>
/// <param name="StopReason">Why it ended.</param>
/// <param name="FirstTokenMilliseconds">Time for the prompt and the first token.</param>
/// <param name="TokensPerSecond">Speed of the tokens after the first; 0 when there are none.</param>
public sealed record TextGeneration(
    string Prompt,
    string Text,
    IReadOnlyList<int> Tokens,
    StopReason StopReason,
    double FirstTokenMilliseconds,
    double TokensPerSecond);
