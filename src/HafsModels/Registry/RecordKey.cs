namespace HafsModels.Registry;

/// <summary>One of the 36 keys of a hafs record.</summary>
/// <param name="Name">The key.</param>
/// <param name="Default">What is written for a record that lacks it.</param>
/// <param name="Value">The value a model has for it, as a plain value.</param>
internal sealed record RecordKey(string Name, object? Default, Func<Model, object?> Value);
