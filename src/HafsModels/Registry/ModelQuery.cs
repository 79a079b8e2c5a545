namespace HafsModels.Registry;

/// <summary>Which models to list. Every property that is set must match; patterns take <c>*</c> and <c>?</c> and ignore case.</summary>
public sealed record ModelQuery
{
    /// <summary>Patterns on the id; any may match. Empty means all.</summary>
    public IReadOnlyList<string> Ids { get; init; } = [];

    /// <summary>Pattern on the role, or null.</summary>
    public string? Role { get; init; }

    /// <summary>A location where the model must lie (a key of locations, or the primary one), or null.</summary>
    public string? Location { get; init; }

    /// <summary>A backend it must be deployed on, or null.</summary>
    public string? Backend { get; init; }

    /// <summary>A format it must exist in, or null.</summary>
    public string? Format { get; init; }

    /// <summary>Tags it must carry, all of them.</summary>
    public IReadOnlyList<string> Tags { get; init; } = [];

    /// <summary>Pattern on the base model, or null.</summary>
    public string? BaseModel { get; init; }
}
