using System.Globalization;

namespace HafsModels.Formats.Gguf;

/// <summary>Where a GGUF file says it comes from: its <c>general.*</c>, <c>entrenar.*</c> and <c>hafs.source.*</c> keys. Text is empty where it says nothing.</summary>
public sealed record GgufOrigin
{
    private const string Hub = "https://huggingface.co/";

    /// <summary>Most entries of a list that is spread over numbered keys; more are not read.</summary>
    private const int MaxEntries = 1000;

    /// <summary><c>general.name</c>.</summary>
    public string Name { get; private init; } = "";

    /// <summary><c>general.version</c>.</summary>
    public string Version { get; private init; } = "";

    /// <summary><c>general.author</c>.</summary>
    public string Author { get; private init; } = "";

    /// <summary><c>general.organization</c>.</summary>
    public string Organization { get; private init; } = "";

    /// <summary><c>general.description</c>.</summary>
    public string Description { get; private init; } = "";

    /// <summary><c>general.license</c>.</summary>
    public string License { get; private init; } = "";

    /// <summary><c>general.quantized_by</c>.</summary>
    public string QuantizedBy { get; private init; } = "";

    /// <summary><c>general.quantization_version</c>; null where it is not stated.</summary>
    public long? QuantizationVersion { get; private init; }

    /// <summary><c>general.base_model.*</c>: names on the hub where the file tells them, else names or addresses.</summary>
    public IReadOnlyList<string> BaseModels { get; private init; } = [];

    /// <summary><c>general.dataset.*</c> (<c>general.datasets</c> in older files), like <see cref="BaseModels"/>.</summary>
    public IReadOnlyList<string> Datasets { get; private init; } = [];

    /// <summary><c>general.tags</c>.</summary>
    public IReadOnlyList<string> Tags { get; private init; } = [];

    /// <summary><c>general.languages</c>.</summary>
    public IReadOnlyList<string> Languages { get; private init; } = [];

    /// <summary><c>hafs.source.*</c>: SHA-256 by name of the weight files that were converted, lower-case hex.</summary>
    public IReadOnlyDictionary<string, string> SourceSha256 { get; private init; } = new Dictionary<string, string>();

    /// <summary><c>entrenar.*</c>: the training run; null where the file tells of none.</summary>
    public ExperimentProvenance? Experiment { get; private init; }

    /// <summary>Reads the metadata of a file; what has another type than it should is left out.</summary>
    public static GgufOrigin Of(IReadOnlyList<KeyValuePair<string, GgufValue>> metadata)
    {
        ArgumentNullException.ThrowIfNull(metadata);
        Dictionary<string, GgufValue> keys = metadata.ToDictionary(StringComparer.Ordinal);
        string Text(string key) => keys.GetValueOrDefault(key)?.Value as string ?? "";
        string[] Texts(string key) => keys.GetValueOrDefault(key)?.Value as string[] ?? [];
        IEnumerable<string> Entries(string prefix) => Enumerable.Range(0, Count(keys, prefix)).Select(i => Reference(keys, Numbered(prefix, i))).OfType<string>();
        const string sources = SourceKeys.Prefix;
        return new GgufOrigin
        {
            Name = Text("general.name"),
            Version = Text("general.version"),
            Author = Text("general.author"),
            Organization = Text("general.organization"),
            Description = Text("general.description"),
            License = Text("general.license"),
            QuantizedBy = Text("general.quantized_by"),
            QuantizationVersion = keys.GetValueOrDefault("general.quantization_version")?.AsInteger(),
            BaseModels = [.. Entries("general.base_model.")],
            Datasets = [.. Entries("general.dataset.").Concat(Texts("general.datasets")).Distinct(StringComparer.Ordinal)],
            Tags = Texts("general.tags"),
            Languages = Texts("general.languages"),
            SourceSha256 = Enumerable.Range(0, Count(keys, sources))
                .Select(i => (File: Text(Numbered(sources, i) + SourceKeys.File), Hash: Text(Numbered(sources, i) + SourceKeys.Sha256)))
                .Where(s => s.File.Length > 0 && s.Hash.Length > 0)
                .DistinctBy(s => s.File)
                .ToDictionary(s => s.File, s => s.Hash, StringComparer.Ordinal),
            Experiment = ExperimentProvenance.Read(metadata),
        };
    }

    private static int Count(Dictionary<string, GgufValue> keys, string prefix) => (int)Math.Clamp(keys.GetValueOrDefault(prefix + "count")?.AsInteger() ?? 0, 0, MaxEntries);

    private static string Numbered(string prefix, int number) => string.Create(CultureInfo.InvariantCulture, $"{prefix}{number}.");

    private static string? Reference(Dictionary<string, GgufValue> keys, string prefix)
    {
        string? Text(string key) => keys.GetValueOrDefault(prefix + key)?.Value as string is { Length: > 0 } text ? text : null;
        string? address = Text("repo_url");
        return address is not null && address.StartsWith(Hub, StringComparison.Ordinal) && address[Hub.Length..].Split('/') is [{ Length: > 0 }, { Length: > 0 }]
            ? address[Hub.Length..]
            : Text("name") ?? address ?? Text("url");
    }
}
