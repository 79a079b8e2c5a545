using System.Text.Json.Serialization;
using HafsModels.Inference.Onnx;
using HafsModels.Inference.Onnx.Browser;

namespace HafsModels.Exports.Verification;

/// <summary>What looking into an export showed.</summary>
public sealed record ExportVerification
{
    /// <summary>The folder.</summary>
    [JsonPropertyName("path")]
    public required string Path { get; init; }

    /// <summary>Name of the format.</summary>
    [JsonPropertyName("format")]
    public required string Format { get; init; }

    /// <summary>Whether nothing is missing and every check passed.</summary>
    [JsonPropertyName("passed")]
    public bool Passed => MissingRequiredFiles.Count == 0 && Checks.All(c => c.Passed);

    /// <summary>Files that are there, with <c>/</c> between folders.</summary>
    [JsonPropertyName("found_files")]
    public required IReadOnlyList<string> FoundFiles { get; init; }

    /// <summary>Files that must be there and are not.</summary>
    [JsonPropertyName("missing_required_files")]
    public required IReadOnlyList<string> MissingRequiredFiles { get; init; }

    /// <summary>Whether files with weights are there.</summary>
    [JsonPropertyName("has_model_weights")]
    public required bool HasModelWeights { get; init; }

    /// <summary>Bytes of all files.</summary>
    [JsonPropertyName("size_bytes")]
    public required long SizeBytes { get; init; }

    /// <summary>The checks, in order.</summary>
    [JsonPropertyName("checks")]
    public required IReadOnlyList<ExportCheck> Checks { get; init; }

    /// <summary>What was asked of the model when it was run; empty when it was not.</summary>
    [JsonPropertyName("sample_prompt")]
    public string SamplePrompt { get; init; } = "";

    /// <summary>What the model answered; of several files, the first.</summary>
    [JsonPropertyName("sample_output")]
    public string SampleOutput { get; init; } = "";

    /// <summary>What ONNX Runtime showed beside the source, where that was asked for.</summary>
    [JsonPropertyName("runtime")]
    public IReadOnlyList<OnnxVerification> Runtime { get; init; } = [];

    /// <summary>What a browser showed, where that was asked for.</summary>
    [JsonPropertyName("browser")]
    public IReadOnlyList<BrowserResult> Browser { get; init; } = [];

    /// <summary>The first thing that is wrong, or an empty text.</summary>
    [JsonIgnore]
    public string Problem => MissingRequiredFiles.Count > 0 ? "missing: " + string.Join(", ", MissingRequiredFiles)
        : Checks.FirstOrDefault(c => !c.Passed) is { } failed ? $"{failed.Name}: {failed.Detail}" : "";
}
