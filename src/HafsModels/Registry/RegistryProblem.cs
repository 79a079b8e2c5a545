namespace HafsModels.Registry;

/// <summary>Something a front end should warn about: the registry reads, but hafs would stumble or data is not where it belongs.</summary>
/// <param name="Kind">What it is.</param>
/// <param name="ModelId">The record, or null when it is the file as a whole.</param>
/// <param name="Key">The key, or null.</param>
/// <param name="Message">One sentence for people.</param>
public sealed record RegistryProblem(RegistryProblemKind Kind, string? ModelId, string? Key, string Message);
