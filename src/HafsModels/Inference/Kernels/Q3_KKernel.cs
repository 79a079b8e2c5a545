using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using HafsModels.Tensors;

namespace HafsModels.Inference.Kernels;

/// <summary>
/// Q3_K: 256 elements in sixteen groups of 16: their third bits (32 bytes, bit r of byte i for element i of run r of 32), their lower bit pairs
/// (64 bytes as in Q2_K), sixteen 6-bit scales in twelve bytes, a factor in half precision; 4 means zero, and a scale of 32 does.
/// </summary>
internal sealed unsafe class Q3_KKernel() : IntegerRowKernel(GgmlType.Q3_K, 4 * 32, hasOffsets: false)
{
    private const int Elements = 256, Bytes = 110, Groups = 16, Quants = 32, Scales = 96, Factor = 108;

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    protected override void Widen(byte* row, int count, float* destination)
    {
        float* scales = stackalloc float[Groups];
        for (; count > 0; count -= Elements, row += Bytes)
        {
            (UnpackScales(row + Scales) * Shorts.Half(row + Factor)).Store(scales);
            for (int group = 0; group < Groups; group++, destination += 16)
            {
                int run = group / 2;
                Vector256<short> pairs = (Shorts.Load(row + Quants + (group / 8 * 32) + (group % 2 * 16)) >>> (run % 4 * 2)) & Vector256.Create((short)3);
                Vector256<short> third = (Shorts.Load(row + (group % 2 * 16)) >>> run) & Vector256.Create((short)1);
                Lanes.Store((pairs | (third << 2)) - Vector256.Create((short)4), scales[group], destination);
            }
        }
    }

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public override void Unpack(byte* block, int count, short* integers, float* factors, float* offsets)
    {
        Vector256<short> mask = Vector256.Create((short)3), third = Vector256.Create((short)4);
        for (; count > 0; count--, block += Bytes)
        {
            *factors++ = Shorts.Half(block + Factor);
            Vector128<sbyte> scales = PackedScales(block + Scales).AsSByte() - Vector128.Create((sbyte)32);
            for (int group = 0; group < Groups; group++, integers += 16)
            {
                int run = group / 2;
                Vector256<short> pairs = Shorts.Load(block + Quants + (group / 8 * 32) + (group % 2 * 16)) >>> (run % 4 * 2);
                Vector256<short> bits = (Shorts.Load(block + (group % 2 * 16)) << 2) >>> run;
                ((((pairs & mask) | (bits & third)) - third) * Vector256.Create((short)scales[group])).Store(integers);
            }
        }
    }

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    protected override Vector256<float> Dot(byte* row, int count, Activations vector)
    {
        float* scales = stackalloc float[Groups];
        Vector256<short> mask = Vector256.Create((short)3), third = Vector256.Create((short)4);
        Vector256<float> even = default, odd = default;
        Vector512<float> offsets = default;
        short* activations = vector.Shorts;
        for (int group = 0; group < count / Lanes.Count; group += Groups, row += Bytes)
        {
            Vector512<float> scale = UnpackScales(row + Scales) * Shorts.Half(row + Factor);
            (scale * Vector512.Load(vector.HalfScales + group)).Store(scales);
            offsets = Lanes.MultiplyAdd(scale, Vector512.Load(vector.HalfSums + group), offsets);

            // Shifted by two, the third bit of the first run comes to stand at bit 2; each run shifts by one more.
            Vector256<short> firstBits = Shorts.Load(row) << 2, secondBits = Shorts.Load(row + 16) << 2;
            for (int half = 0; half < 2; half++)
            {
                Vector256<short> first = Shorts.Load(row + Quants + (half * 32)), second = Shorts.Load(row + Quants + (half * 32) + 16);
                for (int run = 0; run < 4; run++, activations += 32, first >>>= 2, second >>>= 2, firstBits >>>= 1, secondBits >>>= 1)
                {
                    float* factors = scales + (half * 8) + (run * 2);
                    even = Shorts.AddScaled(even, Shorts.Multiply((first & mask) | (firstBits & third), activations), factors[0]);
                    odd = Shorts.AddScaled(odd, Shorts.Multiply((second & mask) | (secondBits & third), activations + 16), factors[1]);
                }
            }
        }

        return even + odd - ((offsets.GetLower() + offsets.GetUpper()) * 4f);
    }

    /// <summary>Sixteen scales, 32 subtracted.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<float> UnpackScales(byte* packed) => Vector512.ConvertToSingle(Lanes.WidenBytes(PackedScales(packed)) - Vector512.Create(32));

    /// <summary>
    /// Sixteen scales: bytes 0–7 hold the low nibbles of scales 0–7 (low) and 8–15 (high), bytes 8–11 the upper pairs of four
    /// scales each, of the first four lowest.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<byte> PackedScales(byte* packed)
    {
        const uint Low = 0x0F0F0F0F, Pair = 0x03030303;
        uint first = *(uint*)packed, second = *(uint*)(packed + 4), upper = *(uint*)(packed + 8);
        return Vector128.Create(
            (first & Low) | ((upper & Pair) << 4),
            (second & Low) | (((upper >> 2) & Pair) << 4),
            ((first >> 4) & Low) | (((upper >> 4) & Pair) << 4),
            ((second >> 4) & Low) | (((upper >> 6) & Pair) << 4)).AsByte();
    }
}
