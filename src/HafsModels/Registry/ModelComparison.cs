using System.Globalization;
using System.Text.Json;
using HafsModels.Formats;

namespace HafsModels.Registry;

/// <summary>Puts two models side by side: metrics, training, data, architecture and what was made of them.</summary>
public static class ModelComparison
{
    private const int MaxConfigBytes = 16 << 20;

    // Sections in the order people ask: is it better, what was done differently, to what.
    private static readonly Dictionary<string, string> Sections = new()
    {
        ["final_loss"] = "metrics",
        ["best_loss"] = "metrics",
        ["eval_loss"] = "metrics",
        ["perplexity"] = "metrics",
        ["base_model"] = "training",
        ["training_date"] = "training",
        ["training_duration_minutes"] = "training",
        ["hardware"] = "training",
        ["device"] = "training",
        ["hyperparameters"] = "training",
        ["lora_config"] = "training",
        ["git_commit"] = "training",
        ["dataset_name"] = "data",
        ["dataset_path"] = "data",
        ["train_samples"] = "data",
        ["val_samples"] = "data",
        ["test_samples"] = "data",
        ["dataset_quality"] = "data",
    };

    private static readonly string[] Order = ["metrics", "training", "data", "config", "artifact", "record"];

    // What differs between any two records and says nothing about the models.
    private static readonly string[] Bookkeeping = ["model_id", "created_at", "updated_at"];

    /// <summary>Compares two models.</summary>
    /// <param name="reference">The one.</param>
    /// <param name="difference">The other.</param>
    /// <returns>Every value either has, equal ones too, by section.</returns>
    public static IReadOnlyList<ModelDifference> Compare(Model reference, Model difference)
    {
        ArgumentNullException.ThrowIfNull(reference);
        ArgumentNullException.ThrowIfNull(difference);
        Dictionary<(string Section, string Name), object?> left = Values(reference), right = Values(difference);
        return
        [
            .. left.Keys.Union(right.Keys)
                .Select((key, index) => (Key: key, Index: index))
                .OrderBy(k => Array.IndexOf(Order, k.Key.Section)).ThenBy(k => k.Index)
                .Select(k =>
                {
                    object? a = left.GetValueOrDefault(k.Key), b = right.GetValueOrDefault(k.Key);
                    return new ModelDifference(reference.Id, difference.Id, k.Key.Section, k.Key.Name, a, b, Number(b) - Number(a));
                }),
        ];
    }

    private static Dictionary<(string Section, string Name), object?> Values(Model model)
    {
        var values = new Dictionary<(string, string), object?>();
        foreach (JsonProperty property in model.ToRecordJson().EnumerateObject().Where(p => !Bookkeeping.Contains(p.Name)))
            Flatten(values, Sections.GetValueOrDefault(property.Name, "record"), property.Name, property.Value);
        if (Config(model) is { } config)
            Flatten(values, "config", "", config);
        foreach (Artifact artifact in model.Artifacts.OrderBy(a => a.CreatedAt))
        {
            // Of two artifacts of a kind the newer one counts.
            string name = artifact.Quantization.Length > 0 ? $"{artifact.Format} {artifact.Quantization}" : artifact.Format;
            values[("artifact", name + " bytes")] = artifact.SizeBytes;
            values[("artifact", name + " bits per weight")] = artifact.BitsPerWeight;
            if (artifact.Fidelity is { } fidelity)
            {
                values[("artifact", name + " perplexity")] = fidelity.ResultPerplexity;
                values[("artifact", name + " mean KL divergence")] = fidelity.MeanKlDivergence;
            }
        }

        return values;
    }

    private static void Flatten(Dictionary<(string, string), object?> values, string section, string name, JsonElement element)
    {
        switch (element.ValueKind)
        {
            case JsonValueKind.Object:
                foreach (JsonProperty property in element.EnumerateObject())
                    Flatten(values, section, name.Length == 0 ? property.Name : $"{name}.{property.Name}", property.Value);
                break;
            case JsonValueKind.Null:
                break;
            default:
                values[(section, name)] = element.ValueKind switch
                {
                    JsonValueKind.Number => element.TryGetInt64(out long whole) ? (object)whole : element.GetDouble(),
                    JsonValueKind.True or JsonValueKind.False => element.GetBoolean(),
                    JsonValueKind.String => element.GetString(),
                    _ => string.Join(", ", element.EnumerateArray()),
                };
                break;
        }
    }

    // A folder that is not on this machine has no config to compare; the records still do.
    private static JsonElement? Config(Model model)
    {
        string path = Path.Combine(model.Path, "config.json");
        if (model.Path.Length == 0 || !File.Exists(path))
            return null;
        using JsonDocument config = JsonFile.Read(Path.GetFullPath(path), MaxConfigBytes, "ConfigTooLarge", "ConfigJson");
        return config.RootElement.Clone();
    }

    private static double? Number(object? value) => value is long or double ? Convert.ToDouble(value, CultureInfo.InvariantCulture) : null;
}
