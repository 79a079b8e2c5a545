namespace HafsModels.Exports;

/// <summary>What an export in one format would write; known exactly before any weight is read.</summary>
/// <param name="Model">The model.</param>
/// <param name="Format">Name of the format.</param>
/// <param name="OutputPath">Full path of the folder.</param>
/// <param name="Files">Paths within it, with their sizes in bytes.</param>
/// <param name="SizeBytes">Bytes of all of them.</param>
/// <param name="State">What it would do to what is there.</param>
/// <param name="Warnings">What the user should know.</param>
public sealed record PlannedExport(
    string Model, string Format, string OutputPath, IReadOnlyList<KeyValuePair<string, long>> Files, long SizeBytes, ExportState State, IReadOnlyList<string> Warnings);
