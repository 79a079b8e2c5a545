using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using HafsModels.Tensors;

namespace HafsModels.Inference.Kernels;

/// <summary>
/// Q2_K: 256 elements in sixteen groups of 16: sixteen bytes of scales (low nibbles) and offsets (high nibbles), 64 bytes of bit pairs, two factors
/// in half precision. Each half of 128 elements takes 32 bytes: byte i holds elements i, i + 32, i + 64 and i + 96.
/// </summary>
internal sealed unsafe class Q2_KKernel() : RowKernel(GgmlType.Q2_K)
{
    private const int Elements = 256, Bytes = 84, Groups = 16, Quants = 16, Factors = 80;

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    protected override void Widen(byte* row, int count, float* destination)
    {
        for (; count > 0; count -= Elements, row += Bytes)
        {
            float factor = Shorts.Half(row + Factors), offset = Shorts.Half(row + Factors + 2);
            for (int group = 0; group < Groups; group++, destination += 16)
            {
                Vector256<short> pairs = Shorts.Load(row + Quants + (group / 8 * 32) + (group % 2 * 16)) >>> (group % 8 / 2 * 2);
                Lanes.Store(pairs & Vector256.Create((short)3), factor * (row[group] & 15), offset * (row[group] >> 4), destination);
            }
        }
    }

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    protected override Vector256<float> Dot(byte* row, int count, Activations vector)
    {
        float* scales = stackalloc float[Groups];
        Vector256<short> mask = Vector256.Create((short)3);
        Vector256<float> even = default, odd = default;
        Vector512<float> offsets = default;
        short* activations = vector.Shorts;
        for (int group = 0; group < count / Lanes.Count; group += Groups, row += Bytes)
        {
            Vector512<int> packed = Lanes.LoadBytes(row);
            Vector512<float> scale = Vector512.ConvertToSingle(packed & Vector512.Create(15)) * Shorts.Half(row + Factors);
            (scale * Vector512.Load(vector.HalfScales + group)).Store(scales);
            Vector512<float> offset = Vector512.ConvertToSingle(packed >>> 4) * Shorts.Half(row + Factors + 2);
            offsets = Lanes.MultiplyAdd(offset, Vector512.Load(vector.HalfSums + group), offsets);
            for (int half = 0; half < 2; half++)
            {
                Vector256<short> first = Shorts.Load(row + Quants + (half * 32)), second = Shorts.Load(row + Quants + (half * 32) + 16);
                for (int run = 0; run < 4; run++, activations += 32, first >>>= 2, second >>>= 2)
                {
                    float* factors = scales + (half * 8) + (run * 2);
                    even = Shorts.AddScaled(even, Shorts.Multiply(first & mask, activations), factors[0]);
                    odd = Shorts.AddScaled(odd, Shorts.Multiply(second & mask, activations + 16), factors[1]);
                }
            }
        }

        return even + odd - (offsets.GetLower() + offsets.GetUpper());
    }
}
