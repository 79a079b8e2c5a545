namespace HafsModels.Quantization.Onnx;

/// <summary>Weights of the operator MatMulBnb4 with <c>quant_type</c> 1 (NF4): sixteen values, the quantiles of a normal distribution, times the largest magnitude of a block.</summary>
internal static class NF4
{
    /// <summary>Elements that share a magnitude.</summary>
    public const int BlockSize = 64;

    /// <summary>The operator's number of the type.</summary>
    public const int QuantType = 1;

    // The values of the QLoRA paper (appendix E).
    private static readonly float[] Values =
    [
        -1f, -0.6961928009986877f, -0.5250730514526367f, -0.39491748809814453f, -0.28444138169288635f, -0.18477343022823334f, -0.09105003625154495f, 0f,
        0.07958029955625534f, 0.16093020141124725f, 0.24611230194568634f, 0.33791524171829224f, 0.44070982933044434f, 0.5626170039176941f, 0.7229568362236023f, 1f,
    ];

    /// <summary>Encodes whole blocks.</summary>
    /// <param name="source">The numbers; a multiple of <see cref="BlockSize"/>.</param>
    /// <param name="numbers">Takes half a byte a number, the even one in the upper half.</param>
    /// <param name="magnitudes">Takes a number a block.</param>
    public static void Encode(ReadOnlySpan<float> source, Span<byte> numbers, Span<float> magnitudes)
    {
        for (int block = 0; block * BlockSize < source.Length; block++)
        {
            ReadOnlySpan<float> values = source.Slice(block * BlockSize, BlockSize);
            float magnitude = 0;
            foreach (float value in values)
                magnitude = MathF.Max(magnitude, MathF.Abs(value));
            magnitudes[block] = magnitude;
            float reciprocal = magnitude == 0 ? 0 : 1f / magnitude;
            for (int i = 0; i < BlockSize; i += 2)
                numbers[((block * BlockSize) + i) / 2] = (byte)((Nearest(values[i] * reciprocal) << 4) | Nearest(values[i + 1] * reciprocal));
        }
    }

    /// <summary>Decodes whole blocks.</summary>
    public static void Decode(ReadOnlySpan<byte> numbers, ReadOnlySpan<float> magnitudes, Span<float> destination)
    {
        for (int i = 0; i < destination.Length; i++)
            destination[i] = Values[(numbers[i / 2] >> (i % 2 == 0 ? 4 : 0)) & 0xF] * magnitudes[i / BlockSize];
    }

    private static int Nearest(float value)
    {
        int low = 0, high = Values.Length - 1;
        while (low < high)
        {
            int middle = (low + high) / 2;
            if (value > (Values[middle] + Values[middle + 1]) / 2)
                low = middle + 1;
            else
                high = middle;
        }

        return low;
    }
}
