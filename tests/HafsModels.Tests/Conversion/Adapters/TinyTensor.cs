using HafsModels.Tensors;

namespace HafsModels.Tests.Conversion.Adapters;

/// <summary>A tensor of a generated model, in memory.</summary>
internal sealed record TinyTensor(string Name, float[] Numbers, params long[] Shape)
{
    /// <summary>Numbers that BF16 holds exactly, so that a stored base is known to the last bit.</summary>
    public static TinyTensor Random(Random random, string name, params long[] shape) => new(name, [.. Enumerable.Range(0, (int)new Shape(shape).ElementCount).Select(_ => Rounded(random))], shape);

    /// <summary>The numbers after rounding to BF16 by the definition: to the nearest, ties to the even last bit.</summary>
    public static float ToBF16(float value)
    {
        uint bits = BitConverter.SingleToUInt32Bits(value), below = bits & 0xFFFF, kept = bits & 0xFFFF0000;
        bool up = below > 0x8000 || (below == 0x8000 && (bits & 0x10000) != 0);
        return BitConverter.UInt32BitsToSingle(up ? kept + 0x10000 : kept);
    }

    private static float Rounded(Random random) => ToBF16((float)((random.NextDouble() - 0.5) * 0.25));
}
