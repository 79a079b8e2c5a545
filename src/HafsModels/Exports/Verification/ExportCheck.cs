using System.Text.Json.Serialization;

namespace HafsModels.Exports.Verification;

/// <summary>What looking at one thing in an export showed.</summary>
/// <param name="Name">What was looked at.</param>
/// <param name="Passed">Whether it is as it must be.</param>
/// <param name="Detail">What was found, or what is wrong.</param>
public sealed record ExportCheck(
    [property: JsonPropertyName("name")] string Name,
    [property: JsonPropertyName("passed")] bool Passed,
    [property: JsonPropertyName("detail")] string Detail);
