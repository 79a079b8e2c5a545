using System.Text.Json;

namespace HafsModels.Tests.Registry;

/// <summary>
/// hafs' rule for loading, said again from its source: <c>json.load</c>, then <c>ModelMetadata(**record)</c> for every record: a missing
/// required key, an unknown key or a byte order mark makes it load nothing.
/// </summary>
internal static class HafsLoader
{
    public static readonly string[] RequiredKeys =
    [
        "model_id", "display_name", "version", "base_model", "role", "group", "training_date", "training_duration_minutes", "dataset_name",
        "dataset_path", "train_samples", "val_samples", "test_samples", "dataset_quality", "final_loss", "best_loss", "eval_loss", "perplexity",
        "lora_config", "hyperparameters", "hardware", "device", "model_path", "checkpoint_path", "adapter_path",
    ];

    public static readonly string[] AllKeys =
    [
        .. RequiredKeys, "formats", "locations", "primary_location", "deployed_backends", "ollama_model_name", "halext_node_id", "git_commit",
        "notes", "tags", "created_at", "updated_at",
    ];

    /// <summary>The ids hafs would load, or why it would load none.</summary>
    public static (string[] Ids, string? Failure) Load(byte[] file)
    {
        if (file is [0xEF, 0xBB, 0xBF, ..])
            return ([], "byte order mark");
        using JsonDocument document = JsonDocument.Parse(file);
        if (!document.RootElement.TryGetProperty("models", out JsonElement models))
            return ([], null);
        foreach (JsonProperty record in models.EnumerateObject())
        {
            string[] keys = [.. record.Value.EnumerateObject().Select(p => p.Name)];
            if (RequiredKeys.Except(keys).FirstOrDefault() is { } missing)
                return ([], $"{record.Name}: missing {missing}");
            if (keys.Except(AllKeys).FirstOrDefault() is { } unknown)
                return ([], $"{record.Name}: unexpected {unknown}");
        }

        return ([.. models.EnumerateObject().Select(p => p.Name)], null);
    }
}
