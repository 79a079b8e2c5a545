namespace HafsModels.Architectures;

/// <summary>
/// Factors that divide the rotary frequencies. Llama 3's are computed from a few numbers (source: the model's reference code); LongRoPE's are
/// lists in config.json. GGUF stores both as tensors.
/// </summary>
internal static class RopeFrequencies
{
    /// <summary>One factor for each rotated pair, by role; empty when the config scales nothing, or all alike.</summary>
    public static IEnumerable<(string Role, float[] Factors)> Of(ModelConfig config, DecoderConfig decoder)
    {
        string type = ConfigRules.ScalingType(config);
        if (type == "llama3")
            yield return ("rope_freqs.weight", Llama3(config, decoder));
        foreach (string length in type is "longrope" or "su" ? (string[])["long", "short"] : [])
        {
            float[] factors = config.Numbers($"rope.{length}_factor") ?? throw config.Invalid("rope_scaling", $"is of type {type}, but does not state {length}_factor");
            if (factors.Length != decoder.RopeDimension / 2 || factors.Any(f => !(f > 0 && float.IsFinite(f))))
                throw config.Invalid("rope_scaling", $"has {factors.Length} {length} factors; {decoder.RopeDimension / 2} positive ones are needed");
            yield return ($"rope_factors_{length}.weight", factors);
        }
    }

    private static float[] Llama3(ModelConfig config, DecoderConfig decoder)
    {
        double Value(string name) => config.Number("rope." + name) ?? throw config.Invalid("rope_scaling", $"is of type llama3, but does not state {name}");
        double factor = Value("factor"), low = Value("low_freq_factor"), high = Value("high_freq_factor"), original = Value("original_max_position_embeddings");
        if (factor <= 0 || low <= 0 || high <= low || original <= 0)
            throw config.Invalid("rope_scaling", $"has factor {factor}, low_freq_factor {low}, high_freq_factor {high}, original length {original}; all must be positive and high greater than low");

        float[] factors = new float[decoder.RopeDimension / 2];
        for (int i = 0; i < factors.Length; i++)
        {
            double frequency = 1 / Math.Pow(decoder.RopeBase, 2.0 * i / decoder.RopeDimension), wavelength = 2 * Math.PI / frequency;
            double smooth = (original / wavelength - low) / (high - low);

            // Short waves stay, long ones are stretched by the factor, those between are blended.
            factors[i] = wavelength < original / high ? 1
                : wavelength > original / low ? (float)factor
                : (float)(1 / ((1 - smooth) / factor + smooth));
        }

        return factors;
    }
}
