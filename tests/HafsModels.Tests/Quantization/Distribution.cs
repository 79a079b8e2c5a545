namespace HafsModels.Tests.Quantization;

/// <summary>
/// Kinds of numbers that quantizers meet or stumble over. Only operations that IEEE 754 defines exactly are used (no logarithm, no power), so a seed
/// gives the same floats on every machine and goldens can name it.
/// </summary>
/// <param name="Name">For test names and reports.</param>
/// <param name="Next">Makes element number i.</param>
public sealed record Distribution(string Name, Func<Numbers, int, float> Next)
{
    /// <summary>All of them.</summary>
    public static IReadOnlyList<Distribution> All { get; } =
    [
        new("normal", (n, i) => (float)(n.Normal() * 0.02)),
        new("bf16", (n, i) => BitConverter.UInt32BitsToSingle(BitConverter.SingleToUInt32Bits((float)(n.Normal() * 0.02)) & 0xFFFF0000)),
        new("heavy tails", (n, i) => { double a = Math.Abs(n.Normal()) + 1e-3; return (float)(n.Normal() / (a * Math.Sqrt(a)) * 0.02); }),
        new("zeros", (n, i) => i / 1024 % 5 == 4 ? 0 : i / 16 % 3 == 0 || n.Uniform() < 0.5 ? (n.Uniform() < 0.5 ? 0f : -0f) : (float)(n.Normal() * 0.02)),
        new("constant blocks", (n, i) => (i / 32 % 4) switch
        {
            0 => 0.5f,
            1 => -0.25f,
            2 => (float)Math.Round(n.Normal() * 2),
            _ => i / 256 % 2 == 0 ? 1e-3f : (float)(n.Normal() * 0.02),
        }),
        new("denormals", (n, i) => (float)(n.Normal() * PowerOfTen(-36 - i / 256 % 10))),
        new("outliers", (n, i) => (float)(n.Normal() * 0.02 * (n.Uniform() < 0.002 ? PowerOfTen((int)(n.Uniform() * 7)) : 1))),
        new("tiny scales", (n, i) => (float)(n.Normal() * PowerOfTen(-(i / 16 % 24)))),
        new("huge", (n, i) => (float)Math.Clamp(n.Normal() * PowerOfTen(i / 256 % 39), -1e38, 1e38)),
        new("all negative", (n, i) => -(float)(0.5 + 0.1 * n.Uniform() * (i / 32 % 7 == 0 ? 1e-6 : 1))),
        new("scaled rows", (n, i) => (float)(n.Normal() * 0.02 * (1 + i / 4096 % 20))),
        new("quantized before", (n, i) => (float)(Math.Round(n.Normal() * 3) * 0.0123f)),
        new("positive", (n, i) => (float)n.Uniform()),
        new("random bits", (n, i) => { uint bits = (uint)(n.Uniform() * 4294967296.0); return BitConverter.UInt32BitsToSingle((bits & 0x7F800000) == 0x7F800000 ? bits & 0xBFFFFFFF : bits); }),
        new("not finite", (n, i) => n.Uniform() switch { < 0.001 => float.NaN, < 0.002 => float.PositiveInfinity, < 0.003 => float.NegativeInfinity, _ => (float)(n.Normal() * 0.02) }),
    ];

    /// <summary>Makes <paramref name="count"/> numbers; the seed decides all of them.</summary>
    public float[] Make(int count, ulong seed = 1)
    {
        Numbers numbers = new(seed);
        float[] made = new float[count];
        for (int i = 0; i < count; i++)
            made[i] = Next(numbers, i);
        return made;
    }

    /// <summary>A plausible importance matrix row: squares over a wide range, one in a hundred zero.</summary>
    public static float[] MakeImportance(int count, ulong seed = 2)
    {
        Numbers numbers = new(seed);
        float[] made = new float[count];
        for (int i = 0; i < count; i++)
        {
            double x = numbers.Normal();
            made[i] = numbers.Uniform() < 0.01 ? 0 : (float)(x * x * x * x + 0.01);
        }

        return made;
    }

    public override string ToString() => Name;

    private static double PowerOfTen(int exponent)
    {
        double power = 1;
        for (int i = 0; i < Math.Abs(exponent); i++)
            power *= 10;
        return exponent < 0 ? 1 / power : power;
    }
}
