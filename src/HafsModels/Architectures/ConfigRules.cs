using System.Text.Json;

namespace HafsModels.Architectures;

/// <summary>What a family accepts in config.json: a key that could change the maths is either understood or refused, never passed over.</summary>
internal sealed class ConfigRules(ModelFamily family)
{
    private static readonly string[] ActivationKeys = ["hidden_activation", "hidden_act", "activation_function"];
    private static readonly string[] RopeSections = ["rope_scaling", "rope_parameters"];

    // Type in config.json -> kind, and the keys that belong to it. Llama 3's factors become a tensor.
    private static readonly Dictionary<string, (RopeScalingKind Kind, string[] Keys)> RopeScalings = new()
    {
        ["default"] = (RopeScalingKind.None, []),
        ["linear"] = (RopeScalingKind.Linear, ["factor"]),
        ["llama3"] = (RopeScalingKind.None, ["factor", "low_freq_factor", "high_freq_factor", "original_max_position_embeddings"]),
        ["yarn"] = (RopeScalingKind.Yarn, ["factor", "original_max_position_embeddings", "beta_fast", "beta_slow", "truncate"]),
        ["longrope"] = (RopeScalingKind.LongRope, ["short_factor", "long_factor", "original_max_position_embeddings", "factor"]),
        ["su"] = (RopeScalingKind.LongRope, ["short_factor", "long_factor", "original_max_position_embeddings", "factor"]),
    };

    private static readonly string[] RopeKeys = ["rope_type", "type", "rope_theta"];

    /// <summary>Checks every key and says how rotary frequencies are stretched.</summary>
    /// <exception cref="HafsException">A key is not known, or holds a value with which the family is not computed.</exception>
    public RopeScalingKind Check(ModelConfig config)
    {
        foreach ((string key, IReadOnlyList<JsonElement> allowed) in family.Data.Allowed)
        {
            if (config.Find(key) is { } value && !allowed.Any(a => JsonElement.DeepEquals(a, value)))
                throw Variant(config, key, value, string.Join(" or ", allowed.Select(a => a.GetRawText())));
        }

        HashSet<string> known =
        [
            .. ActivationKeys, .. family.Defaults.IgnoredKeys, .. family.Data.IgnoredKeys, .. family.Data.Allowed.Keys,
            .. family.ConfigKeys.SelectMany(k => new[] { k.Split('=')[0], k.Split('.', '=')[^1] }), "no_rope_layers", "quantization_config", "original_max_position_embeddings",
        ];
        foreach (string key in config.Keys.Where(k => !k.StartsWith('_') && !known.Contains(k)))
        {
            if (config.Find(key) is { } value && !IsOff(value))
            {
                throw new HafsException(
                    ErrorKind.Unsupported,
                    "ConfigKeyUnknown",
                    $"{config.Path}: {key} is {Shorten(value)}; the family {family.Name} does not know what it changes",
                    config.Path,
                    "It may be a newer variant of the family. If the key changes nothing that is computed, take it out of config.json.");
            }
        }

        if (config.Find("quantization_config") is { } quantized && !(config.Text("quantization_config.quant_method") is { } method && family.Data.PackedBy.Contains(method)))
            throw Variant(config, "quantization_config", quantized, family.Data.PackedBy.Count == 0 ? "weights that are stored as numbers" : $"weights that are stored as numbers or packed by {string.Join(", ", family.Data.PackedBy)}");
        return Scaling(config);
    }

    /// <summary>The activation a config names.</summary>
    /// <exception cref="HafsException">The family is not computed with it.</exception>
    public ActivationKind Activation(ModelConfig config)
    {
        foreach (string key in ActivationKeys)
        {
            if (config.Find(key) is not { } value)
                continue;
            return value.ValueKind == JsonValueKind.String && family.Data.Activation.TryGetValue(value.GetString()!, out ActivationKind kind)
                ? kind
                : throw Variant(config, key, value, string.Join(" or ", family.Data.Activation.Keys));
        }

        return family.Data.Activation.First().Value;
    }

    /// <summary>Checks lists that speak of single layers against the family's pattern.</summary>
    /// <exception cref="HafsException">A layer is not what the pattern makes it.</exception>
    public void CheckLayers(ModelConfig config, DecoderConfig decoder)
    {
        Check("layer_types", layer => decoder.IsLocal(layer) ? "\"sliding_attention\"" : "\"full_attention\"");
        if (decoder.RopePeriod > 0)
            Check("no_rope_layers", layer => decoder.IsRotated(layer) ? "1" : "0");

        void Check(string key, Func<int, string> expected)
        {
            if (config.Find(key) is not { ValueKind: JsonValueKind.Array } list)
                return;
            JsonElement[] layers = [.. list.EnumerateArray()];
            int at = Enumerable.Range(0, Math.Min(layers.Length, decoder.LayerCount)).FirstOrDefault(i => layers[i].GetRawText() != expected(i), -1);
            if (at >= 0)
                throw Variant(config, $"{key}[{at}]", layers[at], expected(at));
        }
    }

    /// <summary>The type of rope scaling a config states, in its old or new spelling; <c>default</c> when none.</summary>
    internal static string ScalingType(ModelConfig config)
    {
        if ((config.Text("rope.rope_type") ?? config.Text("rope.type")) is { } type)
            return type;
        if (config.Find("rope_scaling") is { } unknown)
            throw new HafsException(ErrorKind.Unsupported, "RopeScaling", $"{config.Path}: rope_scaling is {Shorten(unknown)}, which names no rope_type", config.Path);
        return "default";
    }

    private RopeScalingKind Scaling(ModelConfig config)
    {
        string type = ScalingType(config);
        if (!family.Data.RopeScaling.Contains(type) || !RopeScalings.TryGetValue(type, out (RopeScalingKind Kind, string[] Keys) scaling))
        {
            throw new HafsException(
                ErrorKind.Unsupported, "RopeScaling", $"{config.Path}: rope scaling of type {type} is not computed for the family {family.Name}; {string.Join(", ", family.Data.RopeScaling)} are", config.Path);
        }

        string[] nested = [.. RopeSections, .. RopeSections.Select(s => s + ".full_attention"), .. RopeSections.Select(s => s + ".sliding_attention")];
        foreach (string section in nested)
        {
            if (config.Find(section) is not { ValueKind: JsonValueKind.Object } parameters)
                continue;
            string[] known = section.EndsWith("sliding_attention", StringComparison.Ordinal) ? RopeKeys : [.. RopeKeys, .. scaling.Keys, .. family.ConfigKeys.Where(k => k.StartsWith("rope.", StringComparison.Ordinal)).Select(k => k[5..])];
            foreach (JsonProperty parameter in parameters.EnumerateObject().Where(p => !known.Contains(p.Name) && p.Value.ValueKind != JsonValueKind.Object && !IsOff(p.Value) && !IsWholeHead(p)))
                throw new HafsException(ErrorKind.Unsupported, "RopeScaling", $"{config.Path}: {section}.{parameter.Name} is {Shorten(parameter.Value)}; rope scaling of type {type} does not know it", config.Path);
        }

        if (config.Text("rope_parameters.sliding_attention.rope_type") is { } local and not "default")
            throw new HafsException(ErrorKind.Unsupported, "RopeScaling", $"{config.Path}: rope scaling of type {local} is not computed in layers with a sliding window", config.Path);
        return scaling.Kind;
    }

    private HafsException Variant(ModelConfig config, string key, JsonElement value, string allowed) => new(
        ErrorKind.Unsupported,
        "ConfigVariant",
        $"{config.Path}: {key} is {Shorten(value)}; the family {family.Name} is computed only with {allowed}",
        config.Path,
        key == "sliding_window" ? "Within the window the model is computed alike without it: set sliding_window to null to convert it, as llama.cpp would." : null);

    private static bool IsWholeHead(JsonProperty parameter) => parameter.Name == "partial_rotary_factor" && parameter.Value.ValueKind == JsonValueKind.Number && parameter.Value.GetDouble() == 1;

    // What switches nothing on.
    private static bool IsOff(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.False or JsonValueKind.Null => true,
        JsonValueKind.Array => value.GetArrayLength() == 0,
        JsonValueKind.Object => !value.EnumerateObject().Any(),
        _ => false,
    };

    private static string Shorten(JsonElement value) => value.GetRawText() is { Length: > 80 } json ? json[..80] + "…" : value.GetRawText();
}
