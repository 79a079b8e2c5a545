using System.Collections.Frozen;

namespace HafsModels.Registry;

/// <summary>
/// The keys of hafs' <c>ModelMetadata</c>, in its order. hafs builds the record with <c>ModelMetadata(**data)</c>: a missing key of the
/// first 25, or any other key, in one record makes it load no model at all and save an empty registry over the old one.
/// </summary>
internal static class RecordKeys
{
    private static readonly object EmptyMap = new Dictionary<string, object?>();
    private static readonly object EmptyList = Array.Empty<object?>();

    public static readonly IReadOnlyList<RecordKey> All =
    [
        new("model_id", "", m => m.Id),
        new("display_name", "", m => m.DisplayName),
        new("version", "v1", m => m.Version),
        new("base_model", "", m => m.BaseModel),
        new("role", "general", m => m.Role),
        new("group", "", m => m.Group),
        new("training_date", "", m => m.TrainingDate),
        new("training_duration_minutes", 0L, m => m.TrainingDurationMinutes),
        new("dataset_name", "", m => m.DatasetName),
        new("dataset_path", "", m => m.DatasetPath),
        new("train_samples", 0L, m => m.TrainSamples),
        new("val_samples", 0L, m => m.ValidationSamples),
        new("test_samples", 0L, m => m.TestSamples),
        new("dataset_quality", EmptyMap, m => m.DatasetQuality),
        new("final_loss", null, m => m.FinalLoss),
        new("best_loss", null, m => m.BestLoss),
        new("eval_loss", null, m => m.EvalLoss),
        new("perplexity", null, m => m.Perplexity),
        new("lora_config", EmptyMap, m => m.LoraConfig),
        new("hyperparameters", EmptyMap, m => m.Hyperparameters),
        new("hardware", "", m => m.Hardware),
        new("device", "", m => m.Device),
        new("model_path", "", m => m.Path),
        new("checkpoint_path", null, m => m.CheckpointPath),
        new("adapter_path", null, m => m.AdapterPath),
        new("formats", new[] { "pytorch" }, m => m.Formats),
        new("locations", EmptyMap, m => m.Locations),
        new("primary_location", "windows", m => m.PrimaryLocation),
        new("deployed_backends", EmptyList, m => m.DeployedBackends),
        new("ollama_model_name", null, m => m.OllamaModelName),
        new("halext_node_id", null, m => m.HalextNodeId),
        new("git_commit", null, m => m.GitCommit),
        new("notes", "", m => m.Notes),
        new("tags", EmptyList, m => m.Tags),
        new("created_at", "", m => m.CreatedAt),
        new("updated_at", "", m => m.UpdatedAt),
    ];

    /// <summary>Keys without a default in hafs: a record that lacks one loads nowhere.</summary>
    public const int Required = 25;

    public static readonly FrozenDictionary<string, int> Positions =
        All.Select((key, i) => KeyValuePair.Create(key.Name, i)).ToFrozenDictionary(StringComparer.Ordinal);
}
