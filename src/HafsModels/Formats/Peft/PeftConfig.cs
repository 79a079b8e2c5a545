using System.Text.Json;

namespace HafsModels.Formats.Peft;

/// <summary>An adapter's <c>adapter_config.json</c>, as far as it decides what is added to the base model. A setting whose maths is not computed here is refused.</summary>
public sealed class PeftConfig
{
    /// <summary>Name of the file.</summary>
    public const string FileName = "adapter_config.json";

    private const int MaxBytes = 16 << 20;
    private const int MaxRank = 1 << 16;

    // Settings that only matter while training, or that are read elsewhere in this class.
    private static readonly HashSet<string> Known = new(StringComparer.Ordinal)
    {
        "alpha_pattern", "auto_mapping", "base_model_name_or_path", "bias", "ensure_weight_tying", "eva_config", "exclude_modules", "fan_in_fan_out", "inference_mode", "init_lora_weights",
        "layers_pattern", "layers_to_transform", "loftq_config", "lora_alpha", "lora_dropout", "lora_ga_config", "megatron_config", "megatron_core", "modules_to_save", "peft_type", "peft_version",
        "qalora_group_size", "r", "rank_pattern", "revision", "runtime_config", "target_modules", "task_type", "use_rslora", "corda_config", "enable_lora", "merge_weights",
    };

    // Settings that make it something else than W + s·B·A, with what they are called.
    private static readonly (string Key, string What)[] Variants =
    [
        ("use_dora", "DoRA"), ("use_qalora", "QA-LoRA"), ("layer_replication", "layer replication"), ("lora_bias", "LoRA with a bias of its own"),
        ("target_parameters", "LoRA on bare parameters"), ("trainable_token_indices", "single trained tokens"), ("alora_invocation_tokens", "activated LoRA"), ("use_bdlora", "block-diagonal LoRA"), ("arrow_config", "Arrow routing"),
    ];

    // Other initializations take something away from the base model's weights first; these leave them alone.
    private static readonly string[] Initializations = ["true", "false", "\"gaussian\"", "\"eva\"", "\"orthogonal\""];

    private readonly JsonElement root;

    private PeftConfig(JsonElement root, string path)
    {
        this.root = root;
        Path = path;
        RequireLora();
        BaseModel = Text("base_model_name_or_path");
        Rank = Whole("r", root.TryGetProperty("r", out JsonElement rank) ? rank : default);
        Alpha = Number("lora_alpha", root.TryGetProperty("lora_alpha", out JsonElement alpha) ? alpha : default);
        IsRankStabilized = Flag("use_rslora");
        FanInFanOut = Flag("fan_in_fan_out");
        EnsuresTying = Flag("ensure_weight_tying");
        ModulesToSave = Names("modules_to_save") ?? [];
        Targets = new PeftTargets(path, Names("target_modules"), Text("target_modules"), isPartial: IsOn("layers_to_transform") || IsOn("exclude_modules"));
        RankPattern = Pattern("rank_pattern", Whole);
        AlphaPattern = Pattern("alpha_pattern", Number);
    }

    /// <summary>Full path of the file.</summary>
    public string Path { get; }

    /// <summary>Name or path of the model it was trained on, or null.</summary>
    public string? BaseModel { get; }

    /// <summary>Rank of modules without one of their own (<c>r</c>).</summary>
    public int Rank { get; }

    /// <summary>Numerator of the scale of modules without one of their own (<c>lora_alpha</c>).</summary>
    public double Alpha { get; }

    /// <summary>Whether the scale is alpha/√rank instead of alpha/rank (<c>use_rslora</c>).</summary>
    public bool IsRankStabilized { get; }

    /// <summary>Whether the base model's layers store their weights [in, out] (<c>fan_in_fan_out</c>).</summary>
    public bool FanInFanOut { get; }

    /// <summary>Whether head and embedding stay one tensor whatever is trained (<c>ensure_weight_tying</c>).</summary>
    public bool EnsuresTying { get; }

    /// <summary>Modules trained whole.</summary>
    internal IReadOnlyList<string> ModulesToSave { get; }

    /// <summary>Modules that carry factors.</summary>
    internal PeftTargets Targets { get; }

    private PeftPattern<int> RankPattern { get; }

    private PeftPattern<double> AlphaPattern { get; }

    /// <summary>Reads the adapter_config.json of a folder.</summary>
    /// <exception cref="HafsException">It is not there, is not valid, or describes another kind of adapter.</exception>
    public static PeftConfig Read(string folder)
    {
        string path = System.IO.Path.Combine(System.IO.Path.GetFullPath(folder), FileName);
        using JsonDocument document = JsonFile.Read(path, MaxBytes, "AdapterConfigTooLarge", "AdapterConfigJson");
        return new PeftConfig(document.RootElement.Clone(), path);
    }

    /// <summary>Rank that a module must have.</summary>
    internal int RankOf(string module) => RankPattern.Find(module, Rank);

    /// <summary>Factor on the product of a module's matrices.</summary>
    internal double ScaleOf(string module)
    {
        double alpha = AlphaPattern.Find(module, Alpha), rank = RankOf(module);
        return alpha / (IsRankStabilized ? Math.Sqrt(rank) : rank);
    }

    private void RequireLora()
    {
        string type = Text("peft_type") ?? throw Invalid("peft_type", "is missing; it says what kind of adapter this is");
        if (!type.Equals("LORA", StringComparison.OrdinalIgnoreCase))
            throw Unsupported($"peft_type {type}; LORA alone is merged");
        foreach ((string key, string what) in Variants)
        {
            if (IsOn(key))
                throw Unsupported($"{what} ({key} is {Excerpt(root.GetProperty(key))})");
        }

        if (root.TryGetProperty("init_lora_weights", out JsonElement init) && init.ValueKind != JsonValueKind.Null && !Initializations.Contains(init.GetRawText()))
            throw Unsupported($"init_lora_weights {Excerpt(init)}, which changes the base model's weights first");
        if (root.EnumerateObject().Select(p => p.Name).FirstOrDefault(n => !Known.Contains(n) && !Array.Exists(Variants, v => v.Key == n) && IsOn(n)) is { } unknown)
            throw Unsupported($"{unknown} {Excerpt(root.GetProperty(unknown))}, which is not known here");
        if (Text("bias") is { } bias && bias is not ("none" or "all" or "lora_only"))
            throw Invalid("bias", $"is {bias}; it must be none, all or lora_only");
    }

    // Null, false, 0 and what is empty switch nothing on.
    private bool IsOn(string key) => root.TryGetProperty(key, out JsonElement value) && value.ValueKind switch
    {
        JsonValueKind.Null or JsonValueKind.False => false,
        JsonValueKind.Array => value.GetArrayLength() > 0,
        JsonValueKind.Object => value.EnumerateObject().Any(),
        JsonValueKind.String => value.GetString()!.Length > 0,
        _ => true,
    };

    private string? Text(string key) => root.TryGetProperty(key, out JsonElement value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;

    private bool Flag(string key) => root.TryGetProperty(key, out JsonElement value) && value.ValueKind switch
    {
        JsonValueKind.True => true,
        JsonValueKind.False or JsonValueKind.Null => false,
        _ => throw Invalid(key, $"is {Excerpt(value)}; it must be true or false"),
    };

    private string[]? Names(string key)
    {
        if (!root.TryGetProperty(key, out JsonElement value) || value.ValueKind is JsonValueKind.Null or JsonValueKind.String)
            return null;
        if (value.ValueKind != JsonValueKind.Array || value.EnumerateArray().Any(e => e.ValueKind != JsonValueKind.String))
            throw Invalid(key, $"is {Excerpt(value)}; it must be a list of names");
        return [.. value.EnumerateArray().Select(e => e.GetString()!)];
    }

    private PeftPattern<T> Pattern<T>(string key, Func<string, JsonElement, T> read)
    {
        if (!root.TryGetProperty(key, out JsonElement value) || value.ValueKind == JsonValueKind.Null)
            return new PeftPattern<T>(Path, key, []);
        return value.ValueKind == JsonValueKind.Object
            ? new PeftPattern<T>(Path, key, [.. value.EnumerateObject().Select(p => (p.Name, read($"{key}.{p.Name}", p.Value)))])
            : throw Invalid(key, $"is {Excerpt(value)}; it must be an object");
    }

    private int Whole(string key, JsonElement value) =>
        value.ValueKind == JsonValueKind.Number && value.TryGetInt32(out int number) && number is > 0 and <= MaxRank
            ? number
            : throw Invalid(key, $"is {Excerpt(value)}; it must be a whole number from 1 to {MaxRank:N0}");

    private double Number(string key, JsonElement value) =>
        value.ValueKind == JsonValueKind.Number && value.TryGetDouble(out double number) && float.IsFinite((float)number)
            ? number
            : throw Invalid(key, $"is {Excerpt(value)}; it must be a number");

    private HafsException Unsupported(string what) => new(
        ErrorKind.Unsupported, "AdapterKind", $"{Path}: Unsupported adapter: {what}", Path, "Merge it with the tool that made it (PEFT: model.merge_and_unload()), and convert the merged model.");

    private HafsException Invalid(string key, string message) => new(ErrorKind.InvalidData, "AdapterConfigValue", $"{Path}: {key} {message}", Path);

    private static string Excerpt(JsonElement value) => value.ValueKind == JsonValueKind.Undefined ? "missing" : value.GetRawText() is { Length: > 80 } json ? json[..80] + "…" : value.GetRawText();
}
