namespace HafsModels.Exports.Verification;

/// <summary>What running a model once showed.</summary>
/// <param name="Prompt">What it was asked.</param>
/// <param name="Output">What it answered.</param>
/// <param name="Detail">What was found, in a line.</param>
internal sealed record ExportRunOutcome(string Prompt, string Output, string Detail);
