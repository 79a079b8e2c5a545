namespace HafsModels.Architectures;

/// <summary>By how much each pair of a head's elements turns from one position to the next, after what stretches the context.</summary>
internal static class RotaryFrequencies
{
    /// <summary>Computes them.</summary>
    /// <param name="config">Rotated elements, scaling.</param>
    /// <param name="theta">Base of the frequencies.</param>
    /// <param name="scaling">How they are stretched.</param>
    /// <param name="factors">Divisors of the frequencies, or empty.</param>
    /// <returns>Radians a position for each pair, and what cosine and sine are multiplied with.</returns>
    public static (float[] Frequencies, float Magnitude) Of(DecoderConfig config, float theta, RopeScalingKind scaling, ReadOnlySpan<float> factors)
    {
        float[] frequencies = new float[config.RopeDimension / 2];
        for (int i = 0; i < frequencies.Length; i++)
        {
            // Power and quotient in float, as the models were trained with them.
            frequencies[i] = 1f / MathF.Pow(theta, 2f * i / config.RopeDimension);
            if (factors.Length > 0)
                frequencies[i] /= factors[i];
            if (scaling == RopeScalingKind.Linear)
                frequencies[i] /= config.RopeFactor;
        }

        if (scaling == RopeScalingKind.Yarn)
            StretchByYarn(config, theta, frequencies);
        return (frequencies, scaling == RopeScalingKind.None && factors.Length == 0 ? 1 : config.RopeMagnitude);
    }

    // Frequencies that turn often within the original context stay, those that turn hardly once are divided by the factor, with a ramp between.
    private static void StretchByYarn(DecoderConfig config, float theta, float[] frequencies)
    {
        double Pair(double turns) => config.RopeDimension * Math.Log(config.RopeOriginalContext / (turns * 2 * Math.PI)) / (2 * Math.Log(theta));
        double low = Pair(config.YarnBetaFast), high = Pair(config.YarnBetaSlow);
        if (config.YarnTruncated)
            (low, high) = (Math.Floor(low), Math.Ceiling(high));
        (low, high) = (Math.Max(0, low), Math.Min(config.RopeDimension - 1, high));
        for (int i = 0; i < frequencies.Length; i++)
        {
            double kept = 1 - Math.Clamp((i - low) / Math.Max(0.001, high - low), 0, 1);
            frequencies[i] = (float)((frequencies[i] / config.RopeFactor * (1 - kept)) + (frequencies[i] * kept));
        }
    }
}
