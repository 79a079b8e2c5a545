using System.Text.Json;
using HafsModels.Formats.Gguf;

namespace HafsModels.Registry;

/// <summary>One registered model: the 36 keys of a hafs registry record, in hafs' order, with the sidecar's history beside them.</summary>
public sealed record Model
{
    /// <summary>Unique id (<c>model_id</c>), also the key in the registry.</summary>
    public required string Id { get; init; }

    /// <summary>Name for people (<c>display_name</c>).</summary>
    public string DisplayName { get; init; } = "";

    /// <summary>Version label.</summary>
    public string Version { get; init; } = "1";

    /// <summary>What the model was trained from (<c>base_model</c>).</summary>
    public string BaseModel { get; init; } = "";

    /// <summary>Role in the owner's setup, such as <c>general</c> or <c>asm</c>.</summary>
    public string Role { get; init; } = "general";

    /// <summary>Group of models it belongs to.</summary>
    public string Group { get; init; } = "";

    /// <summary>When training ended, local ISO time as hafs writes it.</summary>
    public string TrainingDate { get; init; } = "";

    /// <summary>Length of the training run in minutes.</summary>
    public long TrainingDurationMinutes { get; init; }

    /// <summary>Name of the training data.</summary>
    public string DatasetName { get; init; } = "";

    /// <summary>Where the training data lay.</summary>
    public string DatasetPath { get; init; } = "";

    /// <summary>Training samples.</summary>
    public long TrainSamples { get; init; }

    /// <summary>Validation samples (<c>val_samples</c>).</summary>
    public long ValidationSamples { get; init; }

    /// <summary>Test samples.</summary>
    public long TestSamples { get; init; }

    /// <summary>Last training loss, nats per token.</summary>
    public double? FinalLoss { get; init; }

    /// <summary>Best validation loss, nats per token.</summary>
    public double? BestLoss { get; init; }

    /// <summary>Last validation loss, nats per token.</summary>
    public double? EvalLoss { get; init; }

    /// <summary>Perplexity of the last validation.</summary>
    public double? Perplexity { get; init; }

    /// <summary>LoRA settings (rank, alpha, target modules…), as JSON values.</summary>
    public IReadOnlyDictionary<string, object?> LoraConfig { get; init; } = new Dictionary<string, object?>();

    /// <summary>Hyperparameters of the training run, as JSON values.</summary>
    public IReadOnlyDictionary<string, object?> Hyperparameters { get; init; } = new Dictionary<string, object?>();

    /// <summary>Quality figures of the data set, as JSON values.</summary>
    public IReadOnlyDictionary<string, object?> DatasetQuality { get; init; } = new Dictionary<string, object?>();

    /// <summary>Machine the model was trained on.</summary>
    public string Hardware { get; init; } = "";

    /// <summary>Device the model was trained on, such as <c>cuda</c>.</summary>
    public string Device { get; init; } = "";

    /// <summary>Folder (or file) of the checkpoint (<c>model_path</c>).</summary>
    public string Path { get; init; } = "";

    /// <summary>Training checkpoint, or null.</summary>
    public string? CheckpointPath { get; init; }

    /// <summary>Adapter folder, or null.</summary>
    public string? AdapterPath { get; init; }

    /// <summary>Formats that exist: pytorch, safetensors, gguf, onnx.</summary>
    public IReadOnlyList<string> Formats { get; init; } = ["pytorch"];

    /// <summary>Path by location (mac, windows, cloud, halext).</summary>
    public IReadOnlyDictionary<string, string> Locations { get; init; } = new Dictionary<string, string>();

    /// <summary>Where the original lies.</summary>
    public string PrimaryLocation { get; init; } = "windows";

    /// <summary>Backends it is deployed on, as hafs names them.</summary>
    public IReadOnlyList<string> DeployedBackends { get; init; } = [];

    /// <summary>Name in Ollama, or null.</summary>
    public string? OllamaModelName { get; init; }

    /// <summary>Halext node that serves it, or null.</summary>
    public string? HalextNodeId { get; init; }

    /// <summary>Commit of the training code, or null.</summary>
    public string? GitCommit { get; init; }

    /// <summary>Free text.</summary>
    public string Notes { get; init; } = "";

    /// <summary>Labels to filter by.</summary>
    public IReadOnlyList<string> Tags { get; init; } = [];

    /// <summary>When it was registered, local ISO time.</summary>
    public string CreatedAt { get; init; } = "";

    /// <summary>When the record last changed, local ISO time.</summary>
    public string UpdatedAt { get; init; } = "";

    /// <summary>Files made from this model, from the sidecar.</summary>
    public IReadOnlyList<Artifact> Artifacts { get; init; } = [];

    /// <summary>Where it runs, from the sidecar.</summary>
    public IReadOnlyList<ModelDeployment> Deployments { get; init; } = [];

    /// <summary>Family of which this is a version, from the sidecar; the id itself unless set. <c>family@version</c> names this model.</summary>
    public string Family { get; init; } = "";

    /// <summary>Names such as <c>production</c> that mean this model within its family, from the sidecar.</summary>
    public IReadOnlyList<string> Aliases { get; init; } = [];

    /// <summary>What it came from beyond the base model and data set of the record, from the sidecar.</summary>
    public IReadOnlyList<ModelParent> Parents { get; init; } = [];

    /// <summary>Who made it, from the sidecar; empty when not known.</summary>
    public string Author { get; init; } = "";

    /// <summary>Licence, an SPDX identifier where the model card has one, from the sidecar; empty when not known.</summary>
    public string License { get; init; } = "";

    /// <summary>What it is, from the sidecar; empty when not known.</summary>
    public string Description { get; init; } = "";

    /// <summary>Languages it speaks, as the model card names them, from the sidecar.</summary>
    public IReadOnlyList<string> Languages { get; init; } = [];

    /// <summary>The training run that the GGUF file it was registered from tells of, from the sidecar; null for none.</summary>
    public ExperimentProvenance? Experiment { get; init; }

    /// <summary>The registry file this record came from, so that the next cmdlet of a pipeline writes to the same one.</summary>
    public string Registry { get; init; } = "";

    /// <summary>The record as hafs' JSON has it: its 36 keys, in its order. Numbers that JSON cannot have are text: <c>"NaN"</c>, <c>"Infinity"</c>.</summary>
    public JsonElement ToRecordJson() => JsonElement.Parse(Json.JsonText.Write(Json.JsonText.Strict(ModelRecord.Create(this))));

    /// <summary>What was wrong with the model's own files when it was described; not recorded.</summary>
    public IReadOnlyList<string> Warnings { get; init; } = [];
}
