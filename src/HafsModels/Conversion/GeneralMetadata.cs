using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;
using HafsModels.Architectures;
using HafsModels.Formats.Gguf;
using HafsModels.Formats.ModelCards;
using HafsModels.Tokenizers;

namespace HafsModels.Conversion;

/// <summary>
/// The <c>general.*</c> keys of a GGUF file: what is asked for, else what the model card, generation_config.json and the model's name say, by the
/// rules of llama.cpp's converter and in its order.
/// </summary>
internal static partial class GeneralMetadata
{
    private const string Hub = "https://huggingface.co/";

    private static readonly string[] EntryKeys = ["name", "author", "version", "organization", "description", "url", "doi", "uuid", "repo_url"];

    // Key in generation_config.json, key in GGUF, and how the number is stored there.
    private static readonly (string From, string To, Func<JsonElement, object?> Read)[] Sampling =
    [
        ("sequence", "sequence", value => value.ValueKind == JsonValueKind.String ? value.GetString() : null),
        ("top_k", "top_k", v => v.Integer()), ("top_p", "top_p", v => Single(v)), ("min_p", "min_p", v => Single(v)),
        ("xtc_probability", "xtc_probability", v => Single(v)), ("xtc_threshold", "xtc_threshold", v => Single(v)), ("temperature", "temp", v => Single(v)),
        ("penalty_last_n", "penalty_last_n", v => v.Integer()), ("penalty_repeat", "penalty_repeat", v => Single(v)),
        ("mirostat", "mirostat", v => v.Integer()), ("mirostat_tau", "mirostat_tau", v => Single(v)), ("mirostat_eta", "mirostat_eta", v => Single(v)),
    ];

    /// <param name="folder">The model.</param>
    /// <param name="options">What is asked for.</param>
    /// <param name="sizeLabel">Size by counting, for names that tell none.</param>
    /// <param name="warnings">Takes what is wrong with the model card.</param>
    public static IEnumerable<KeyValuePair<string, GgufValue>> Of(ModelFolder folder, GgufExportOptions options, string sizeLabel, ICollection<string> warnings)
    {
        ModelCard? card = ModelCard.TryRead(options.CardFolder ?? folder.Path, warnings);
        ModelNameParts named = Names(folder, options);
        List<KeyValuePair<string, GgufValue>> keys = [new("general.architecture", new(folder.Family.Name)), new("general.type", new("model"))];
        void Add(string key, object? value)
        {
            if (value is not null)
                keys.Add(new("general." + key, new(value)));
        }

        foreach ((string key, object value) in SamplingOf(folder.Path))
            Add("sampling." + key, value);
        Add("name", card?.Text("name", "model_name") ?? ModelNameParts.Title(named.Name));
        Add("author", options.Author ?? card?.Author);
        Add("version", card?.Text("version", "model_version") ?? named.Version);
        Add("organization", card?.Text("organization", "model_organization") ?? (named.Organization is { } maker ? ModelNameParts.Title(maker) : null));
        Add("quantized_by", options.QuantizedBy ?? card?.Text("quantized_by"));
        Add("finetune", card?.Text("finetune", "model_finetune") ?? named.Finetune);
        Add("basename", card?.Text("basename", "model_basename", "model_type") ?? named.Basename);
        Add("description", options.Description ?? card?.Description);
        Add("size_label", card?.Text("size_label", "model_size_label") ?? named.SizeLabel ?? sizeLabel);
        Add("license", options.License ?? card?.License);
        Add("license.name", card?.Text("license_name"));
        Add("license.link", card?.Text("license_link"));
        foreach (string key in new[] { "url", "doi", "uuid", "repo_url" })
            Add("source." + key, card?.Text(key, "model_" + key));
        IReadOnlyList<(string? Text, IReadOnlyDictionary<string, string> Table)> bases =
            options.BaseModel is { } given ? [(given, new Dictionary<string, string>())] : card?.Entries("base_model", "base_models", "base_model_sources") ?? [];
        AddEntries(keys, "general.base_model.", bases, folder.ParameterCount);
        AddEntries(keys, "general.dataset.", card?.Entries("datasets", "dataset", "dataset_sources") ?? [], folder.ParameterCount);
        Add("tags", Some(card?.Tags));
        Add("languages", Some(card?.Languages));
        return keys;
    }

    /// <summary>The name the checkpoint was saved under, where it is one of the hub and no path, fills what the given name leaves open.</summary>
    private static ModelNameParts Names(ModelFolder folder, GgufExportOptions options)
    {
        ModelNameParts given = ModelNameParts.Parse(options.Name, folder.ParameterCount);
        string? origin = folder.Config.Find("_name_or_path") is { ValueKind: JsonValueKind.String } text ? text.GetString() : null;
        if (string.IsNullOrEmpty(origin) || origin.Count(c => c == '/') > 1 || Path.IsPathRooted(origin) || origin[0] == '.')
            return given;
        ModelNameParts saved = ModelNameParts.Parse(origin, folder.ParameterCount);
        return new(given.Name, saved.Organization ?? given.Organization, saved.Basename ?? given.Basename, saved.Finetune ?? given.Finetune,
            saved.Version ?? given.Version, saved.SizeLabel ?? given.SizeLabel);
    }

    private static void AddEntries(List<KeyValuePair<string, GgufValue>> keys, string prefix, IReadOnlyList<(string? Text, IReadOnlyDictionary<string, string> Table)> entries, long parameters)
    {
        if (entries.Count == 0)
            return;
        keys.Add(new(prefix + "count", new((uint)entries.Count)));
        for (int i = 0; i < entries.Count; i++)
        {
            IReadOnlyDictionary<string, string> table = entries[i].Text is { } text ? Describe(text, parameters) : entries[i].Table;
            foreach (string key in EntryKeys.Where(table.ContainsKey))
                keys.Add(new(string.Create(CultureInfo.InvariantCulture, $"{prefix}{i}.{key}"), new(table[key])));
        }
    }

    /// <summary>A base model or data set given as a name of the hub or an address.</summary>
    private static Dictionary<string, string> Describe(string text, long parameters)
    {
        bool isAddress = Address().IsMatch(text);
        string? name = !isAddress ? text : HubAddress().Match(text) is { Success: true } match ? match.Groups[1].Value : null;
        var table = new Dictionary<string, string>(StringComparer.Ordinal);
        if (name is not null)
        {
            ModelNameParts parts = ModelNameParts.Parse(name, parameters);
            table["name"] = ModelNameParts.Title(parts.Name);
            if (parts.Version is { } version)
                table["version"] = version;
            if (parts.Organization is { } organization)
            {
                table["organization"] = ModelNameParts.Title(organization);
                table["repo_url"] = $"{Hub}{organization}/{parts.Name}";
            }
        }

        if (isAddress)
            table["repo_url"] = text;
        return table;
    }

    private static IEnumerable<(string Key, object Value)> SamplingOf(string folder)
    {
        string path = Path.Combine(folder, "generation_config.json");
        if (!File.Exists(path))
            yield break;
        ModelConfig settings = ModelConfig.Read(path);
        foreach ((string from, string to, Func<JsonElement, object?> read) in Sampling)
        {
            if (settings.Find(from) is { } value && read(value) is { } stored)
                yield return (to, stored);
        }
    }

    private static float? Single(JsonElement value) => value.ValueKind == JsonValueKind.Number ? (float)value.GetDouble() : null;

    private static string[]? Some(IReadOnlyList<string>? texts) => texts is { Count: > 0 } ? [.. texts] : null;

    [GeneratedRegex("^(https?|ssh)://")]
    private static partial Regex Address();

    [GeneratedRegex("^https?://huggingface\\.co/([^/]+/[^/]+)$")]
    private static partial Regex HubAddress();
}
