using System.Globalization;

namespace HafsModels.Formats.Gguf;

/// <summary>
/// The training run that a model came out of, as entrenar's <c>ExperimentProvenance</c> has it: the keys <c>entrenar.*</c> of a GGUF file.
/// entrenar writes every value as text; here metrics are float64 and further values have their own types, and both spellings are read.
/// </summary>
public sealed record ExperimentProvenance
{
    /// <summary>What all keys begin with.</summary>
    public const string Prefix = "entrenar.";

    private const string Metric = Prefix + "metric.", CustomKey = Prefix + "custom.";

    /// <summary>The experiment (<c>entrenar.experiment_id</c>): several runs can belong to it.</summary>
    public string ExperimentId { get; init; } = "";

    /// <summary>The run (<c>entrenar.run_id</c>).</summary>
    public string RunId { get; init; } = "";

    /// <summary>When the run ended (<c>entrenar.timestamp</c>, RFC 3339), or null.</summary>
    public DateTimeOffset? Timestamp { get; init; }

    /// <summary>Hash of the run's configuration (<c>entrenar.config_hash</c>), or null.</summary>
    public string? ConfigHash { get; init; }

    /// <summary>The training data (<c>entrenar.dataset_id</c>), or null.</summary>
    public string? DatasetId { get; init; }

    /// <summary>What was trained further (<c>entrenar.base_model_id</c>), or null.</summary>
    public string? BaseModelId { get; init; }

    /// <summary>Commit of the training code (<c>entrenar.git_commit</c>), or null.</summary>
    public string? GitCommit { get; init; }

    /// <summary>Figures of the run by name (<c>entrenar.metric.NAME</c>); losses in nats per token.</summary>
    public IReadOnlyDictionary<string, double> Metrics { get; init; } = new Dictionary<string, double>();

    /// <summary>Anything else by name (<c>entrenar.custom.NAME</c>): text, numbers, booleans, arrays of text.</summary>
    public IReadOnlyDictionary<string, object> Custom { get; init; } = new Dictionary<string, object>();

    /// <summary>The keys, in entrenar's order, metrics and further values by name; what is not known has none.</summary>
    public IEnumerable<KeyValuePair<string, GgufValue>> ToMetadata()
    {
        (string Name, string? Text)[] texts =
        [
            ("experiment_id", ExperimentId), ("run_id", RunId), ("timestamp", Timestamp is { } time ? Spell(time) : null),
            ("config_hash", ConfigHash), ("dataset_id", DatasetId), ("base_model_id", BaseModelId), ("git_commit", GitCommit),
        ];
        foreach ((string name, string? text) in texts)
        {
            if (!string.IsNullOrEmpty(text))
                yield return new(Prefix + name, new(text));
        }

        foreach ((string name, double value) in Metrics.OrderBy(m => m.Key, StringComparer.Ordinal))
            yield return new(Metric + name, new(value));
        foreach ((string name, object value) in Custom.OrderBy(m => m.Key, StringComparer.Ordinal))
            yield return new(CustomKey + name, new(value));
    }

    /// <summary>What a file's metadata say; null when they hold no such key.</summary>
    public static ExperimentProvenance? Read(IEnumerable<KeyValuePair<string, GgufValue>> metadata)
    {
        Dictionary<string, object> own = metadata.Where(m => m.Key.StartsWith(Prefix, StringComparison.Ordinal)).ToDictionary(m => m.Key, m => m.Value.Value, StringComparer.Ordinal);
        if (own.Count == 0)
            return null;
        string? Text(string name) => own.GetValueOrDefault(Prefix + name) as string is { Length: > 0 } text ? text : null;
        return new ExperimentProvenance
        {
            ExperimentId = Text("experiment_id") ?? "",
            RunId = Text("run_id") ?? "",
            Timestamp = DateTimeOffset.TryParse(Text("timestamp"), CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out DateTimeOffset time) ? time : null,
            ConfigHash = Text("config_hash"),
            DatasetId = Text("dataset_id"),
            BaseModelId = Text("base_model_id"),
            GitCommit = Text("git_commit"),
            Metrics = Under(own, Metric).Select(m => (m.Key, Value: Number(m.Value))).Where(m => m.Value is not null).ToDictionary(m => m.Key, m => m.Value!.Value, StringComparer.Ordinal),
            Custom = Under(own, CustomKey).ToDictionary(StringComparer.Ordinal),
        };
    }

    private static IEnumerable<KeyValuePair<string, object>> Under(Dictionary<string, object> own, string prefix) =>
        own.Where(m => m.Key.StartsWith(prefix, StringComparison.Ordinal)).Select(m => KeyValuePair.Create(m.Key[prefix.Length..], m.Value));

    private static double? Number(object value) =>
        value is string text
            ? double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out double number) ? number : null
            : new GgufValue(value).AsNumber();

    // In UTC, so that a file does not depend on where it is made.
    private static string Spell(DateTimeOffset time) => time.ToUniversalTime().ToString("yyyy-MM-dd'T'HH:mm:ss.FFFFFF'Z'", CultureInfo.InvariantCulture);
}
