using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using HafsModels.Exports.Ollama;
using HafsModels.Exports.Verification;

namespace HafsModels.Exports.LMStudio;

/// <summary>GGUF files in the folders where LM Studio looks for them, and a model.yaml that describes them.</summary>
internal sealed class LMStudioFormat : ExportFormat
{
    private const string ModelYaml = "model.yaml", Configuration = "lmstudio_config.json", Setup = "LMSTUDIO_SETUP.md";

    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    // Name in Ollama, key in model.yaml, and whether the value has a switch beside it.
    private static readonly (string Name, string Key, bool HasSwitch)[] Sampling =
    [
        ("temperature", "llm.prediction.temperature", false), ("top_k", "llm.prediction.topKSampling", false), ("top_p", "llm.prediction.topPSampling", true),
        ("min_p", "llm.prediction.minPSampling", true), ("repeat_penalty", "llm.prediction.repeatPenalty", true),
    ];

    /// <inheritdoc/>
    public override string Name => "LMStudio";

    /// <inheritdoc/>
    public override string About => "GGUF in LM Studio's folders (publisher/model/file) with model.yaml and settings";

    /// <inheritdoc/>
    public override IReadOnlyList<RequiredFile> Required { get; } = [new("*/*/*.gguf", HoldsWeights: true), new(ModelYaml), new(Configuration), new(Setup)];

    /// <inheritdoc/>
    internal override string WeightFormat => "gguf";

    /// <inheritdoc/>
    internal override IReadOnlyList<ExportRule> Rules { get; } = [new("layout", LMStudioRules.Layout), new("model.yaml", LMStudioRules.Yaml), new("settings", LMStudioRules.Settings), .. WeightRules.All];

    /// <inheritdoc/>
    internal override IReadOnlyList<ExportFile> Files(ExportSource source, ExportRequest request, List<string> warnings)
    {
        string publisher = request.Publisher, repository = source.Name + "-GGUF";
        if (publisher.Length == 0 || publisher is "." or ".." || !publisher.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.'))
            throw new HafsException(ErrorKind.InvalidArgument, "LMStudioPublisher", $"'{publisher}' is no name of a folder for LM Studio: letters, digits, '-', '_' and '.'", publisher);
        List<ExportFile> files = [.. source.Quantizations().Select(q => source.Gguf($"{publisher}/{repository}/{source.GgufName(q)}", q))];
        IReadOnlyList<string> stops = TemplateDerivation.Derive(source.Vocabulary, source.Generation.EndIds).Stops;
        files.Add(new ExportFile.Made(ModelYaml, YamlText(source, request, publisher, repository, files)));
        files.Add(new ExportFile.Made(Configuration, JsonSerializer.Serialize(SettingsOf(source, request, files, stops), Indented) + "\n"));
        files.Add(new ExportFile.Made(Setup, SetupText(source, publisher, repository, files)));
        return files;
    }

    private static string YamlText(ExportSource source, ExportRequest request, string publisher, string repository, List<ExportFile> files)
    {
        var text = new StringBuilder();
        void Line(FormattableString line) => text.Append(line.ToString(CultureInfo.InvariantCulture)).Append('\n');
        Line($"model: {Yaml.Text($"{publisher}/{source.Name}".ToLowerInvariant())}");
        Line($"base:");
        Line($"  - key: {Yaml.Text($"{publisher}/{repository}".ToLowerInvariant())}");
        Line($"    sources:");
        Line($"      - type: huggingface");
        Line($"        user: {Yaml.Text(publisher)}");
        Line($"        repo: {Yaml.Text(repository)}");
        Line($"metadataOverrides:");
        Line($"  domain: llm");
        Line($"  architectures:");
        Line($"    - {Yaml.Text(source.Family)}");
        Line($"  compatibilityTypes:");
        Line($"    - gguf");
        Line($"  paramsStrings:");
        Line($"    - {Yaml.Text(HumanNumber.Count(source.ParameterCount).Replace(" ", "", StringComparison.Ordinal))}");
        Line($"  minMemoryUsageBytes: {files.Min(f => f.SizeBytes)}");
        Line($"  contextLengths:");
        Line($"    - {source.ContextLength}");
        Line($"  vision: false");
        Line($"config:");
        (string Key, string Value)[] operation =
        [
            .. request.System is { } system ? [("llm.prediction.systemPrompt", Yaml.Text(system))] : Array.Empty<(string, string)>(),
            .. from s in Sampling
               where source.Generation.Numbers.ContainsKey(s.Name)
               let value = source.Generation.Numbers[s.Name].ToString("R", CultureInfo.InvariantCulture)
               select (s.Key, s.HasSwitch ? $"{{checked: true, value: {value}}}" : value),
        ];
        Fields("operation", operation);
        Fields("load", [("llm.load.contextLength", source.ContextLength.ToString(CultureInfo.InvariantCulture))]);
        return text.ToString();

        void Fields(string section, (string Key, string Value)[] fields)
        {
            if (fields.Length == 0)
                return;
            Line($"  {section}:");
            Line($"    fields:");
            foreach ((string key, string value) in fields)
            {
                Line($"      - key: {key}");
                Line($"        value: {value}");
            }
        }
    }

    private static Dictionary<string, object?> SettingsOf(ExportSource source, ExportRequest request, List<ExportFile> files, IReadOnlyList<string> stops) => new()
    {
        ["name"] = source.Name,
        ["architecture"] = source.Family,
        ["model_path"] = files[0].Name,
        ["models"] = files.OfType<ExportFile.Weights>().Select(f => new Dictionary<string, object> { ["path"] = f.Name, ["quantization"] = f.Quantization, ["size_bytes"] = f.SizeBytes }),
        ["context_length"] = source.ContextLength,
        ["system_prompt"] = request.System ?? "",
        ["stop_strings"] = stops,
        ["chat_template"] = source.Vocabulary.ChatTemplate,
        ["parameters"] = source.Generation.Numbers,
    };

    private static string SetupText(ExportSource source, string publisher, string repository, List<ExportFile> files)
    {
        string first = Path.GetFileName(files[0].Name);
        return $"""
            # {source.Name} for LM Studio

            LM Studio looks for models in `~/.lmstudio/models`, exactly two folders deep: `PUBLISHER/MODEL/FILE.gguf`. Either way brings the model there:

            - Copy the folder `{publisher}` of this export into `~/.lmstudio/models` (the folder that *My Models* shows may be another).
            - Or with LM Studio's command line: `lms import {publisher}/{repository}/{first} --user-repo {publisher}/{repository}`

            Then `lms load {repository.ToLowerInvariant()}`, or choose it in the app. The chat template is within the GGUF file; nothing needs to be set.

            `lmstudio_config.json` has the settings that the model's files give: context length, stop strings, sampling.
            `model.yaml` describes the model for LM Studio's hub; it names {publisher}/{repository} on Hugging Face as where the file lies, which holds once it is uploaded there.

            """.ReplaceLineEndings("\n");
    }
}
