namespace HafsModels.Conversion;

/// <summary>One file of an export.</summary>
/// <param name="Path">Full path of the output.</param>
/// <param name="Plan">What it will hold.</param>
public sealed record PlannedFile(string Path, ExportPlan Plan);
