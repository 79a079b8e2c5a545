namespace HafsModels.Deployment;

/// <summary>A deployment that ended.</summary>
/// <param name="ModelId">Id of the model.</param>
/// <param name="Backend">Backend that served it.</param>
/// <param name="Name">Name under which it did.</param>
/// <param name="Endpoint">Address or path it was served from.</param>
/// <param name="Message">One sentence: what was done there.</param>
public sealed record UnpublishResult(string ModelId, string Backend, string Name, string Endpoint, string Message);
