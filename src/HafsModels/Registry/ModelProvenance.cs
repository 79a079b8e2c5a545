using System.Globalization;
using System.Text.RegularExpressions;
using HafsModels.Formats.Gguf;
using HafsModels.Registry.Json;

namespace HafsModels.Registry;

/// <summary>
/// Between a record and the training run that a GGUF file tells of (docs/provenance.md). A file is for others: paths of this machine, and what
/// reads like a path or a secret in hyperparameters, stay out of it.
/// </summary>
public static partial class ModelProvenance
{
    private const string Hyperparameter = "hyperparameter.", Lora = "lora.", Quality = "dataset_quality.";
    private const string DisplayName = "display_name", Tags = "tags", Minutes = "training_duration_minutes", Train = "train_samples", Validation = "val_samples", Test = "test_samples";
    private const int MaxValues = 256, MaxTextLength = 1000;

    private static readonly (string Name, Func<Model, double?> Of)[] Metrics =
        [("final_loss", m => m.FinalLoss), ("best_loss", m => m.BestLoss), ("eval_loss", m => m.EvalLoss), ("perplexity", m => m.Perplexity)];

    private static readonly (string Name, Func<Model, string> Of, Func<Model, string, Model> With)[] Texts =
    [
        (DisplayName, m => m.DisplayName, (m, text) => m with { DisplayName = text }),
        ("version", m => m.Version, (m, text) => m with { Version = text }),
        ("role", m => m.Role, (m, text) => m with { Role = text }),
        ("group", m => m.Group, (m, text) => m with { Group = text }),
        ("hardware", m => m.Hardware, (m, text) => m with { Hardware = text }),
        ("device", m => m.Device, (m, text) => m with { Device = text }),
    ];

    private static readonly (string Name, Func<Model, long> Of, Func<Model, long, Model> With)[] Counts =
    [
        (Minutes, m => m.TrainingDurationMinutes, (m, n) => m with { TrainingDurationMinutes = n }),
        (Train, m => m.TrainSamples, (m, n) => m with { TrainSamples = n }),
        (Validation, m => m.ValidationSamples, (m, n) => m with { ValidationSamples = n }),
        (Test, m => m.TestSamples, (m, n) => m with { TestSamples = n }),
    ];

    private static readonly (string Prefix, Func<Model, IReadOnlyDictionary<string, object?>> Of, Func<Model, IReadOnlyDictionary<string, object?>, Model> With)[] Maps =
    [
        (Hyperparameter, m => m.Hyperparameters, (m, map) => m with { Hyperparameters = map }),
        (Lora, m => m.LoraConfig, (m, map) => m with { LoraConfig = map }),
        (Quality, m => m.DatasetQuality, (m, map) => m with { DatasetQuality = map }),
    ];

    /// <summary>Whether a record tells of a training run: losses, its length, samples, settings, an adapter or a commit.</summary>
    public static bool IsTrained(Model model)
    {
        ArgumentNullException.ThrowIfNull(model);
        return model.Experiment is not null || model.GitCommit is { Length: > 0 } || Metrics.Any(m => m.Of(model) is not null) || Counts.Any(c => c.Of(model) > 0) || Maps.Any(m => m.Of(model).Count > 0);
    }

    /// <summary>The run a record tells of: the model is the run, its family the experiment.</summary>
    public static ExperimentProvenance Of(Model model)
    {
        ArgumentNullException.ThrowIfNull(model);
        ExperimentProvenance read = model.Experiment ?? new();
        var metrics = read.Metrics.Where(m => Metrics.All(own => own.Name != m.Key)).ToDictionary(StringComparer.Ordinal);
        foreach ((string name, Func<Model, double?> of) in Metrics)
        {
            if (of(model) is { } value)
                metrics[name] = value;
        }

        var custom = read.Custom.Where(c => !IsOfRecord(c.Key)).ToDictionary(StringComparer.Ordinal);
        foreach ((string name, Func<Model, string> of, _) in Texts)
        {
            if (of(model) is { Length: > 0 } text && IsForOthers(text))
                custom[name] = text;
        }

        foreach ((string name, Func<Model, long> of, _) in Counts)
        {
            if (of(model) is > 0 and var count)
                custom[name] = count;
        }

        foreach ((string prefix, Func<Model, IReadOnlyDictionary<string, object?>> of, _) in Maps)
        {
            foreach ((string name, object value) in Written(of(model)))
                custom[prefix + name] = value;
        }

        if (model.Tags.Count > 0)
            custom[Tags] = model.Tags.ToArray();
        string family = model.Family.Length > 0 ? model.Family : model.Id;
        return read with
        {
            // The family of a model that was read from a file is its experiment's name as an id.
            ExperimentId = read.ExperimentId.Length > 0 && (family == model.Id || family == ModelId.Slug(read.ExperimentId)) ? read.ExperimentId : family,
            RunId = read.RunId.Length > 0 ? read.RunId : model.Id,
            Timestamp = Instant(model.TrainingDate) ?? read.Timestamp,
            DatasetId = ForOthers(model.DatasetName) ?? read.DatasetId,
            BaseModelId = ForOthers(model.BaseModel) ?? read.BaseModelId,
            GitCommit = model.GitCommit is { Length: > 0 } commit ? commit : read.GitCommit,
            Metrics = metrics,
            Custom = custom,
        };
    }

    /// <summary>A record with what a run tells filled in; what the run does not tell stays.</summary>
    internal static Model Fill(Model model, ExperimentProvenance run)
    {
        foreach ((string name, _, Func<Model, string, Model> with) in Texts)
        {
            if (run.Custom.GetValueOrDefault(name) is string { Length: > 0 } text)
                model = with(model, text);
        }

        foreach ((string name, _, Func<Model, long, Model> with) in Counts)
        {
            if (Whole(run.Custom.GetValueOrDefault(name)) is >= 0 and { } count)
                model = with(model, count);
        }

        foreach ((string prefix, _, Func<Model, IReadOnlyDictionary<string, object?>, Model> with) in Maps)
        {
            var map = run.Custom.Where(c => c.Key.StartsWith(prefix, StringComparison.Ordinal)).ToDictionary(c => c.Key[prefix.Length..], c => Read(c.Value), StringComparer.Ordinal);
            if (map.Count > 0)
                model = with(model, map);
        }

        double? Metric(string name) => run.Metrics.TryGetValue(name, out double value) ? value : null;
        return model with
        {
            BaseModel = run.BaseModelId ?? model.BaseModel,
            DatasetName = run.DatasetId ?? model.DatasetName,
            TrainingDate = run.Timestamp is { } time ? LocalTime.Format(time.LocalDateTime) : model.TrainingDate,
            GitCommit = run.GitCommit ?? model.GitCommit,

            // entrenar's own examples call it loss.
            FinalLoss = Metric("final_loss") ?? Metric("loss") ?? model.FinalLoss,
            BestLoss = Metric("best_loss") ?? model.BestLoss,
            EvalLoss = Metric("eval_loss") ?? model.EvalLoss,
            Perplexity = Metric("perplexity") ?? model.Perplexity,
            Tags = run.Custom.GetValueOrDefault(Tags) is string[] tags ? [.. model.Tags.Union(tags, StringComparer.Ordinal)] : model.Tags,
            Family = run.ExperimentId.Length > 0 && run.ExperimentId != run.RunId ? ModelId.Slug(run.ExperimentId) : model.Family,
            Experiment = run,
        };
    }

    private static bool IsOfRecord(string name) =>
        name == Tags || Texts.Any(t => t.Name == name) || Counts.Any(c => c.Name == name) || Maps.Any(m => name.StartsWith(m.Prefix, StringComparison.Ordinal));

    private static IEnumerable<(string Name, object Value)> Written(IReadOnlyDictionary<string, object?> map) => map
        .Where(p => p.Key.Length is > 0 and < MaxTextLength && !p.Key.Any(char.IsControl) && !NotForOthers().IsMatch(p.Key))
        .Select(p => (p.Key, Value: Plain(p.Value)))
        .Where(p => p.Value is not (null or string { Length: 0 or > MaxTextLength }) && (p.Value is not string text || IsForOthers(text)))
        .OrderBy(p => p.Key, StringComparer.Ordinal)
        .Take(MaxValues)
        .Select(p => (p.Key, p.Value!));

    // What GGUF has a type for keeps it; tables and mixed lists become JSON.
    private static object? Plain(object? value) => value switch
    {
        null => null,
        string or bool or long or double => value,
        IReadOnlyDictionary<string, object?> { Count: 0 } or IReadOnlyList<object?> { Count: 0 } => null,
        IReadOnlyList<object?> list when list.All(item => item is string) => list.Cast<string>().ToArray(),
        _ => JsonText.Write(JsonText.Strict(JsonValues.ToItem(value))),
    };

    private static object? Read(object value) => value switch
    {
        string text when text is ['{' or '[', ..] => Parsed(text),
        string or bool or double => value,
        float number => (double)number,
        Array array => array.Cast<object?>().ToArray(),
        _ => Whole(value),
    };

    private static object? Parsed(string text)
    {
        try
        {
            return JsonValues.From(JsonParser.Parse(text));
        }
        catch (JsonTextException)
        {
            return text;
        }
    }

    private static long? Whole(object? value) => value switch
    {
        null => null,
        string text => long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long number) ? number : null,
        _ => new GgufValue(value).AsInteger(),
    };

    private static string? ForOthers(string text) => text.Length > 0 && IsForOthers(text) ? text : null;

    private static bool IsForOthers(string text) => !OwnPath().IsMatch(text);

    private static DateTimeOffset? Instant(string local) =>
        DateTime.TryParse(local, CultureInfo.InvariantCulture, DateTimeStyles.AssumeLocal, out DateTime time) && time.Year > 1 ? new DateTimeOffset(time) : null;

    [GeneratedRegex(@"^(/|\\|~|\.\.?[/\\]|[A-Za-z]:[/\\]|file:)")]
    private static partial Regex OwnPath();

    [GeneratedRegex("(^|_)(dir|path|file|folder|token|key|secret|password|credentials?)s?$", RegexOptions.IgnoreCase)]
    private static partial Regex NotForOthers();
}
