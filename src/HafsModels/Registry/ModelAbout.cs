using System.Globalization;
using HafsModels.Formats.Gguf;
using HafsModels.Registry.Json;

namespace HafsModels.Registry;

/// <summary>What the sidecar keeps of a model card and a training run, since hafs' record has no place for it: the member <c>about</c> of a model's entry.</summary>
internal static class ModelAbout
{
    public const string Member = "about";

    private const string Experiment = "experiment";

    /// <summary>The model with what its entry says about it.</summary>
    public static Model Read(Model model, JsonObject entry)
    {
        if (entry[Member] is not JsonObject about)
            return model;
        return model with
        {
            Author = Text(about, "author") ?? "",
            License = Text(about, "license") ?? "",
            Description = Text(about, "description") ?? "",
            Languages = JsonValues.FromObject(about).GetValueOrDefault("languages") is IReadOnlyList<object?> list ? [.. list.OfType<string>()] : [],
            Experiment = about[Experiment] is JsonObject run ? Run(run) : null,
        };
    }

    /// <summary>The entry with what a model says about itself; the entry itself when that is what it says already.</summary>
    public static JsonObject Change(JsonObject entry, Model model)
    {
        (string Key, object? Value)[] values =
        [
            ("author", model.Author), ("license", model.License), ("description", model.Description), ("languages", model.Languages), (Experiment, model.Experiment is { } run ? Members(run) : null),
        ];
        JsonObject before = entry[Member] as JsonObject ?? JsonObject.Empty, about = before;
        foreach ((string key, object? value) in values)
            about = value is null or "" or IReadOnlyList<string> { Count: 0 } ? about.Without(key) : about.With(key, JsonValues.ToItem(value, about[key]));
        return JsonText.Write(about) == JsonText.Write(before) ? entry : about.Members.Length == 0 ? entry.Without(Member) : entry.With(Member, about);
    }

    private static Dictionary<string, object?> Members(ExperimentProvenance run)
    {
        (string Key, object? Value)[] all =
        [
            ("experiment_id", run.ExperimentId), ("run_id", run.RunId), ("timestamp", run.Timestamp?.ToString("O", CultureInfo.InvariantCulture)), ("config_hash", run.ConfigHash), ("dataset_id", run.DatasetId),
            ("base_model_id", run.BaseModelId), ("git_commit", run.GitCommit), ("metrics", run.Metrics.ToDictionary(m => m.Key, m => (object?)m.Value)), ("custom", run.Custom.ToDictionary(c => c.Key, c => (object?)c.Value)),
        ];
        return all.Where(m => m.Value is not null).ToDictionary(m => m.Key, m => m.Value, StringComparer.Ordinal);
    }

    private static ExperimentProvenance Run(JsonObject run) => new()
    {
        ExperimentId = Text(run, "experiment_id") ?? "",
        RunId = Text(run, "run_id") ?? "",
        Timestamp = DateTimeOffset.TryParse(Text(run, "timestamp"), CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out DateTimeOffset time) ? time : null,
        ConfigHash = Text(run, "config_hash"),
        DatasetId = Text(run, "dataset_id"),
        BaseModelId = Text(run, "base_model_id"),
        GitCommit = Text(run, "git_commit"),
        Metrics = Map(run, "metrics").Where(m => m.Value is double or long).ToDictionary(m => m.Key, m => Convert.ToDouble(m.Value, CultureInfo.InvariantCulture), StringComparer.Ordinal),
        Custom = Map(run, "custom").Select(c => (c.Key, Value: Typed(c.Value))).Where(c => c.Value is not null).ToDictionary(c => c.Key, c => c.Value!, StringComparer.Ordinal),
    };

    // Into the types that GGUF metadata have.
    private static object? Typed(object? value) => value switch
    {
        string or bool or long or double => value,
        IReadOnlyList<object?> list when list.All(item => item is string) => list.Cast<string>().ToArray(),
        IReadOnlyList<object?> list when list.All(item => item is long) => list.Cast<long>().ToArray(),
        IReadOnlyList<object?> list when list.All(item => item is bool) => list.Cast<bool>().ToArray(),
        IReadOnlyList<object?> list when list.All(item => item is long or double) => list.Select(item => Convert.ToDouble(item, CultureInfo.InvariantCulture)).ToArray(),
        _ => null,
    };

    private static IReadOnlyDictionary<string, object?> Map(JsonObject run, string key) => run[key] is JsonObject map ? JsonValues.FromObject(map) : new Dictionary<string, object?>();

    private static string? Text(JsonObject about, string key) => about[key] is JsonScalar { IsString: true } text ? JsonText.Unquote(text.Raw) : null;
}
