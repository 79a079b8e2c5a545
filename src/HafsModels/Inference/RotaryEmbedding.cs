using HafsModels.Architectures;

namespace HafsModels.Inference;

/// <summary>Rotary position embedding: pairs of elements of each head are rotated by angles that grow with the position.</summary>
internal sealed class RotaryEmbedding
{
    private readonly float[] frequencies;
    private readonly bool interleaved;
    private readonly float magnitude;
    private float[] cosines = [];
    private float[] sines = [];

    /// <summary>Creates the frequencies.</summary>
    /// <param name="config">Rotated elements, layout of pairs, scaling.</param>
    /// <param name="theta">Base of the frequencies.</param>
    /// <param name="scaling">How they are stretched.</param>
    /// <param name="factors">Divisors of the frequencies, or empty.</param>
    public RotaryEmbedding(DecoderConfig config, float theta, RopeScalingKind scaling, ReadOnlySpan<float> factors)
    {
        interleaved = config.RopeInterleaved;
        (frequencies, magnitude) = RotaryFrequencies.Of(config, theta, scaling, factors);
    }

    /// <summary>Computes the angles of the positions [<paramref name="first"/>, <paramref name="first"/> + <paramref name="count"/>), for all layers.</summary>
    public void Prepare(int first, int count)
    {
        int pairs = frequencies.Length;
        if (cosines.Length < count * pairs)
        {
            cosines = new float[count * pairs];
            sines = new float[count * pairs];
        }

        for (int n = 0; n < count; n++)
        {
            for (int i = 0; i < pairs; i++)
            {
                (float sine, float cosine) = MathF.SinCos((first + n) * frequencies[i]);
                (sines[(n * pairs) + i], cosines[(n * pairs) + i]) = (sine * magnitude, cosine * magnitude);
            }
        }
    }

    /// <summary>Rotates one head at the <paramref name="index"/>-th prepared position.</summary>
    public void Rotate(Span<float> head, int index)
    {
        int pairs = frequencies.Length;
        ReadOnlySpan<float> cos = cosines.AsSpan(index * pairs, pairs), sin = sines.AsSpan(index * pairs, pairs);
        int step = interleaved ? 2 : 1, distance = interleaved ? 1 : pairs;
        for (int i = 0; i < pairs; i++)
        {
            ref float a = ref head[i * step], b = ref head[(i * step) + distance];
            (a, b) = ((a * cos[i]) - (b * sin[i]), (a * sin[i]) + (b * cos[i]));
        }
    }
}
