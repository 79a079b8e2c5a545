namespace HafsModels.Deployment;

/// <summary>Which two deployments to compare, and on which prompts.</summary>
public sealed record CompareRequest
{
    /// <summary>Id of the model to compare with.</summary>
    public required string ReferenceId { get; init; }

    /// <summary>Id of the model to compare; may be the same on another backend.</summary>
    public required string DifferenceId { get; init; }

    /// <summary>Backend of the reference; null for its newest deployment.</summary>
    public string? ReferenceBackend { get; init; }

    /// <summary>Backend of the other; null for its newest deployment.</summary>
    public string? DifferenceBackend { get; init; }

    /// <summary>Name of the reference on its backend; null for any.</summary>
    public string? ReferenceName { get; init; }

    /// <summary>Name of the other on its backend; null for any.</summary>
    public string? DifferenceName { get; init; }

    /// <summary>Prompts, files of prompts, length and form, as a test takes them.</summary>
    public TestRequest Prompts { get; init; } = new() { ModelId = "" };

    /// <summary>Page (.html) or picture (.svg) to draw as well, or null.</summary>
    public string? ReportPath { get; init; }
}
