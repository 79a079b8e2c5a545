namespace HafsModels.Tokenizers.Templates;

/// <summary>Something a template can call.</summary>
/// <param name="arguments">Arguments by position.</param>
/// <param name="named">Arguments by name.</param>
internal delegate object? TemplateFunction(IReadOnlyList<object?> arguments, IReadOnlyDictionary<string, object?> named);
