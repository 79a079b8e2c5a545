using HafsModels.Inference;
using HafsModels.Quantization;

namespace HafsModels.Registry;

/// <summary>A file made from a model, as the sidecar records it.</summary>
public sealed record Artifact
{
    /// <summary>Id of the model it was made from.</summary>
    public required string ModelId { get; init; }

    /// <summary>Full path of the file; of a model in several files, the first.</summary>
    public required string Path { get; init; }

    /// <summary>Format: gguf, onnx, safetensors.</summary>
    public required string Format { get; init; }

    /// <summary>Recipe or type, such as <c>Q4_K_M</c>; empty when it does not apply.</summary>
    public string Quantization { get; init; } = "";

    /// <summary>Size in bytes, all files together.</summary>
    public long SizeBytes { get; init; }

    /// <summary>SHA-256 of the file at <see cref="Path"/>, lower-case hex.</summary>
    public string Sha256 { get; init; } = "";

    /// <summary>SHA-256 by source file name of the checkpoint it was made from, where known.</summary>
    public IReadOnlyDictionary<string, string> SourceSha256 { get; init; } = new Dictionary<string, string>();

    /// <summary>The importance matrix it was encoded with, or null.</summary>
    public ImportanceOrigin? ImportanceMatrix { get; init; }

    /// <summary>When it was made, UTC.</summary>
    public DateTimeOffset CreatedAt { get; init; }

    /// <summary>Folder of the adapter that was merged into the model on the way; empty for none beside the model's own.</summary>
    public string AdapterPath { get; init; } = "";

    /// <summary>Storage cost over all tensors, bits per weight.</summary>
    public double BitsPerWeight { get; init; }

    /// <summary>What running both on the same tokens showed; null when verification was skipped or could not be run.</summary>
    public Fidelity? Fidelity { get; init; }

    /// <summary>Why they could not be run, where that is so; not recorded.</summary>
    public string VerificationNote { get; init; } = "";

    /// <summary>The registry file this record came from; empty when the model is not registered.</summary>
    public string Registry { get; init; } = "";
}
