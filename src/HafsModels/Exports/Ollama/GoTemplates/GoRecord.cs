namespace HafsModels.Exports.Ollama.GoTemplates;

/// <summary>A value with fixed fields: reading another is an error, where a table would have no value.</summary>
internal sealed record GoRecord(IReadOnlyDictionary<string, object?> Fields);
