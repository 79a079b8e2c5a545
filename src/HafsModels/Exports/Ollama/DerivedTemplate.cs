namespace HafsModels.Exports.Ollama;

/// <summary>What was made for Ollama of a model's own chat template.</summary>
/// <param name="Template">The Go template.</param>
/// <param name="Stops">Texts at which an answer ends.</param>
/// <param name="IsExact">Whether the Go template gave the same text as the model's own on every conversation that was tried.</param>
/// <param name="Warnings">Where the two differ, and what was not carried over.</param>
public sealed record DerivedTemplate(string Template, IReadOnlyList<string> Stops, bool IsExact, IReadOnlyList<string> Warnings);
