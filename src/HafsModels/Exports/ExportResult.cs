using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using HafsModels.Exports.Verification;

namespace HafsModels.Exports;

/// <summary>What became of an export in one format. Serialized, its names are those of the export interface.</summary>
public sealed record ExportResult
{
    private static readonly JsonSerializerOptions Options = new() { WriteIndented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>Whether the export is there, and is as it must be as far as that was looked at.</summary>
    [JsonPropertyName("success")]
    public required bool Success { get; init; }

    /// <summary>Name of the format.</summary>
    [JsonPropertyName("format")]
    public required string Format { get; init; }

    /// <summary>The model.</summary>
    [JsonPropertyName("model")]
    public required string Model { get; init; }

    /// <summary>Full path of the folder.</summary>
    [JsonPropertyName("output_path")]
    public required string OutputPath { get; init; }

    /// <summary>Full paths of its files; none where it was not written.</summary>
    [JsonPropertyName("artifacts")]
    public required IReadOnlyList<string> Artifacts { get; init; }

    /// <summary>Bytes of all of them.</summary>
    [JsonPropertyName("size_bytes")]
    public required long SizeBytes { get; init; }

    /// <summary>What happened, in a sentence.</summary>
    [JsonPropertyName("message")]
    public required string Message { get; init; }

    /// <summary>Whether it was looked into and is as it must be; null when it was not looked into.</summary>
    [JsonPropertyName("verification_passed")]
    public bool? VerificationPassed { get; init; }

    /// <summary>What looking into it showed; null when it was not looked into.</summary>
    [JsonPropertyName("verification_details")]
    public ExportVerification? VerificationDetails { get; init; }

    /// <summary>Whether nothing was written because nothing had changed.</summary>
    [JsonPropertyName("skipped")]
    public bool Skipped { get; init; }

    /// <summary>What the user should know.</summary>
    [JsonPropertyName("warnings")]
    public IReadOnlyList<string> Warnings { get; init; } = [];

    /// <summary>The weights that were written, as the registry records them.</summary>
    [JsonIgnore]
    internal IReadOnlyList<Registry.Artifact> Recorded { get; init; } = [];

    /// <summary>The result as JSON.</summary>
    public string ToJson() => JsonSerializer.Serialize(this, Options);
}
