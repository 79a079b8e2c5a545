namespace HafsModels.Architectures;

/// <summary>
/// Factors that divide the rotary frequencies of a model with llama 3's rope scaling. Source: the model's reference code; GGUF stores them
/// as <c>rope_freqs.weight</c>.
/// </summary>
internal static class RopeFrequencies
{
    /// <summary>One factor for each rotated pair; null when the config scales nothing.</summary>
    public static float[]? FactorsOf(ModelConfig config, DecoderConfig decoder)
    {
        if (ModelFamily.RopeScalingType(config) != "llama3")
            return null;
        double Value(string name) => config.Number(["rope_scaling/" + name, "rope_parameters/" + name])
            ?? throw config.Invalid("rope_scaling", $"is of type llama3, but does not state {name}");
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
