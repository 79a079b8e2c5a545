using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using HafsModels.Tensors;

namespace HafsModels.Inference.Kernels;

/// <summary>
/// Q4_K: 256 elements in eight groups of 32, each with a scale and an offset (<see cref="GroupScales"/>, 16 bytes), then 128 bytes: each run of
/// 32 holds one group in its low and the next in its high nibbles.
/// </summary>
internal sealed unsafe class Q4_KKernel() : RowKernel(GgmlType.Q4_K)
{
    private const int Elements = 256, Bytes = 144;
    private const int Groups = 8, Nibbles = 16;

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    protected override void Widen(byte* row, int count, float* destination)
    {
        float* factors = stackalloc float[2 * Groups];
        Vector512<int> mask = Vector512.Create(15);
        for (; count > 0; count -= Elements, row += Bytes)
        {
            GroupScales.Unpack(row, out Vector256<float> scales, out Vector256<float> offsets);
            scales.Store(factors);
            offsets.Store(factors + Groups);
            for (int pair = 0; pair < Groups; pair += 2, destination += 64)
            {
                byte* nibbles = row + Nibbles + (pair * 16);
                Vector512<int> first = Lanes.LoadBytes(nibbles), second = Lanes.LoadBytes(nibbles + 16);
                Vector512<float> scale = Vector512.Create(factors[pair]), offset = Vector512.Create(factors[pair + Groups]);
                ((Vector512.ConvertToSingle(first & mask) * scale) - offset).Store(destination);
                ((Vector512.ConvertToSingle(second & mask) * scale) - offset).Store(destination + 16);
                scale = Vector512.Create(factors[pair + 1]);
                offset = Vector512.Create(factors[pair + 1 + Groups]);
                ((Vector512.ConvertToSingle(first >>> 4) * scale) - offset).Store(destination + 32);
                ((Vector512.ConvertToSingle(second >>> 4) * scale) - offset).Store(destination + 48);
            }
        }
    }

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    protected override float Dot(byte* row, int count, Activations vector)
    {
        float* scales = stackalloc float[Groups];
        Vector256<short> mask = Vector256.Create((short)15);
        Vector256<float> even = default, odd = default, offsets = default;
        short* activations = vector.Shorts;
        for (int group = 0; group < count / Activations.GroupSize; group += Groups, row += Bytes)
        {
            GroupScales.Unpack(row, out Vector256<float> scale, out Vector256<float> offset);
            (scale * Vector256.Load(vector.Scales + group)).Store(scales);
            offsets = Vector256.MultiplyAddEstimate(offset, Vector256.Load(vector.Sums + group), offsets);
            byte* nibbles = row + Nibbles;
            for (int pair = 0; pair < Groups; pair += 2, nibbles += 32, activations += 64)
            {
                Vector256<short> first = Shorts.Load(nibbles), second = Shorts.Load(nibbles + 16);
                Vector256<int> low = Shorts.Multiply(first & mask, activations) + Shorts.Multiply(second & mask, activations + 16);
                Vector256<int> high = Shorts.Multiply(first >>> 4, activations + 32) + Shorts.Multiply(second >>> 4, activations + 48);
                even = Shorts.AddScaled(even, low, scales[pair]);
                odd = Shorts.AddScaled(odd, high, scales[pair + 1]);
            }
        }

        return Vector256.Sum(even + odd - offsets);
    }
}
