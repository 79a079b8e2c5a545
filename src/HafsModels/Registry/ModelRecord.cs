using System.Collections.ObjectModel;
using System.Numerics;
using HafsModels.Registry.Json;

namespace HafsModels.Registry;

/// <summary>Between a record of the registry file and a <see cref="Model"/>. What a change does not touch keeps its place and its spelling.</summary>
internal static class ModelRecord
{
    /// <summary>Reads a record; a key that is missing or of the wrong type reads as hafs' default.</summary>
    /// <param name="id">The key of the record in the file, which is what hafs looks it up by.</param>
    /// <param name="record">The record.</param>
    /// <param name="registry">The registry file.</param>
    public static Model Read(string id, JsonObject record, string registry) => new()
    {
        Id = id,
        DisplayName = Text(record, "display_name", id),
        Version = Text(record, "version", "v1"),
        BaseModel = Text(record, "base_model"),
        Role = Text(record, "role", "general"),
        Group = Text(record, "group"),
        TrainingDate = Text(record, "training_date"),
        TrainingDurationMinutes = Integer(record, "training_duration_minutes"),
        DatasetName = Text(record, "dataset_name"),
        DatasetPath = Text(record, "dataset_path"),
        TrainSamples = Integer(record, "train_samples"),
        ValidationSamples = Integer(record, "val_samples"),
        TestSamples = Integer(record, "test_samples"),
        DatasetQuality = Map(record, "dataset_quality"),
        FinalLoss = Number(record, "final_loss"),
        BestLoss = Number(record, "best_loss"),
        EvalLoss = Number(record, "eval_loss"),
        Perplexity = Number(record, "perplexity"),
        LoraConfig = Map(record, "lora_config"),
        Hyperparameters = Map(record, "hyperparameters"),
        Hardware = Text(record, "hardware"),
        Device = Text(record, "device"),
        Path = Text(record, "model_path"),
        CheckpointPath = OptionalText(record, "checkpoint_path"),
        AdapterPath = OptionalText(record, "adapter_path"),
        Formats = record["formats"] is JsonList ? Texts(record, "formats") : DefaultFormats,
        Locations = TextMap(record, "locations"),
        PrimaryLocation = Text(record, "primary_location", "windows"),
        DeployedBackends = Texts(record, "deployed_backends"),
        OllamaModelName = OptionalText(record, "ollama_model_name"),
        HalextNodeId = OptionalText(record, "halext_node_id"),
        GitCommit = OptionalText(record, "git_commit"),
        Notes = Text(record, "notes"),
        Tags = Texts(record, "tags"),
        CreatedAt = Text(record, "created_at"),
        UpdatedAt = Text(record, "updated_at"),
        Family = id,
        Registry = registry,
    };

    /// <summary>The record of a new model: the 36 keys in hafs' order.</summary>
    public static JsonObject Create(Model model) =>
        new([.. RecordKeys.All.Select(key => new JsonMember(key.Name, JsonValues.ToItem(key.Value(model))))]);

    /// <summary>The record with the values that differ between two states of its model; the record itself when none does.</summary>
    public static JsonObject Change(JsonObject record, Model before, Model after)
    {
        JsonObject changed = record;
        foreach (RecordKey key in RecordKeys.All)
        {
            object? was = key.Value(before), now = key.Value(after);
            if (ReferenceEquals(was, now) || JsonText.Write(JsonValues.ToItem(was)) == JsonText.Write(JsonValues.ToItem(now)))
                continue;
            JsonItem item = JsonValues.ToItem(now, changed[key.Name]);
            changed = changed[key.Name] is null ? Add(changed, key.Name, item) : changed.With(key.Name, item);
        }

        return changed;
    }

    /// <summary>The record with every key it lacks, each in its place; the record itself when it lacks none.</summary>
    public static JsonObject Complete(string id, JsonObject record)
    {
        foreach (RecordKey key in RecordKeys.All)
        {
            if (record.IndexOf(key.Name) >= 0)
                continue;
            object? value = key.Name switch
            {
                "model_id" or "display_name" => id,
                "created_at" or "updated_at" => LocalTime.Now(),
                _ => key.Default,
            };
            record = Add(record, key.Name, JsonValues.ToItem(value));
        }

        return record;
    }

    // After the nearest key that stands before it in hafs' order.
    private static JsonObject Add(JsonObject record, string name, JsonItem item)
    {
        for (int i = RecordKeys.Positions[name] - 1; i >= 0; i--)
        {
            int at = record.IndexOf(RecordKeys.All[i].Name);
            if (at >= 0)
                return record.Insert(at + 1, name, item);
        }

        return record.Insert(0, name, item);
    }

    private static readonly ReadOnlyCollection<string> DefaultFormats = new(["pytorch"]);

    private static string Text(JsonObject record, string key, string missing = "") => OptionalText(record, key) ?? missing;

    private static string? OptionalText(JsonObject record, string key) =>
        record[key] is JsonScalar { IsString: true } text ? JsonText.Unquote(text.Raw) : null;

    private static long Integer(JsonObject record, string key) => Plain(record, key) switch
    {
        long whole => whole,
        double number when double.IsFinite(number) => (long)number,
        _ => 0,
    };

    private static double? Number(JsonObject record, string key) => Plain(record, key) switch
    {
        long whole => whole,
        double number => number,
        BigInteger large => (double)large,
        _ => null,
    };

    private static object? Plain(JsonObject record, string key) => record[key] is JsonScalar { IsString: false } scalar ? JsonValues.From(scalar) : null;

    private static ReadOnlyDictionary<string, object?> Map(JsonObject record, string key) =>
        record[key] is JsonObject map ? JsonValues.FromObject(map) : ReadOnlyDictionary<string, object?>.Empty;

    private static ReadOnlyDictionary<string, string> TextMap(JsonObject record, string key)
    {
        if (record[key] is not JsonObject { Members.Length: > 0 } map)
            return ReadOnlyDictionary<string, string>.Empty;
        var texts = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (JsonMember member in map.Members)
            if (member.Value is JsonScalar { IsString: true } text)
                texts[member.Name] = JsonText.Unquote(text.Raw);
        return new ReadOnlyDictionary<string, string>(texts);
    }

    private static ReadOnlyCollection<string> Texts(JsonObject record, string key)
    {
        if (record[key] is not JsonList { Items.Length: > 0 } list)
            return ReadOnlyCollection<string>.Empty;
        return new([.. list.Items.OfType<JsonScalar>().Where(s => s.IsString).Select(s => JsonText.Unquote(s.Raw))]);
    }
}
