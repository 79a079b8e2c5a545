namespace HafsModels.Tests.Quantization;

/// <summary>Xorshift random numbers.</summary>
public sealed class Numbers(ulong seed)
{
    private ulong state = 88172645463325252UL ^ (seed * 0x9E3779B97F4A7C15UL);

    /// <summary>Uniform in (0, 1).</summary>
    public double Uniform()
    {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        return ((state >> 11) + 0.5) * (1.0 / (1UL << 53));
    }

    /// <summary>Close to normal: the sum of twelve uniform numbers has variance 1.</summary>
    public double Normal()
    {
        double sum = -6;
        for (int i = 0; i < 12; i++)
            sum += Uniform();
        return sum;
    }
}
