using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using HafsModels.Tensors;

namespace HafsModels.Inference.Kernels;

/// <summary>
/// Q5_K: 256 elements in eight groups of 32, each with a scale and an offset (<see cref="GroupScales"/>, 16 bytes), then the fifth bits (32 bytes,
/// bit g of byte i for element i of group g), then nibbles as in Q4_K.
/// </summary>
internal sealed unsafe class Q5_KKernel() : RowKernel(GgmlType.Q5_K)
{
    private const int Elements = 256, Bytes = 176, Groups = 8, High = 16, Nibbles = 48;

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    protected override void Widen(byte* row, int count, float* destination)
    {
        float* scales = stackalloc float[2 * Groups];
        Vector256<short> mask = Vector256.Create((short)15), fifth = Vector256.Create((short)16);
        for (; count > 0; count -= Elements, row += Bytes)
        {
            GroupScales.Unpack(row, out Vector256<float> scale, out Vector256<float> offset);
            scale.Store(scales);
            offset.Store(scales + Groups);
            for (int half = 0; half < 2; half++)
            {
                // The first and the last sixteen of each group.
                Vector256<short> bits = Shorts.Load(row + High + (half * 16)) << 4;
                for (int pair = 0; pair < Groups; pair += 2, bits >>>= 2)
                {
                    Vector256<short> nibbles = Shorts.Load(row + Nibbles + (pair * 16) + (half * 16));
                    float* to = destination + (pair * 32) + (half * 16);
                    Lanes.Store((nibbles & mask) | (bits & fifth), scales[pair], scales[pair + Groups], to);
                    Lanes.Store((nibbles >>> 4) | ((bits >>> 1) & fifth), scales[pair + 1], scales[pair + 1 + Groups], to + 32);
                }
            }

            destination += Elements;
        }
    }

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    protected override float Dot(byte* row, int count, Activations vector)
    {
        float* scales = stackalloc float[Groups];
        Vector256<short> mask = Vector256.Create((short)15), fifth = Vector256.Create((short)16);
        Vector256<float> even = default, odd = default, offsets = default;
        short* activations = vector.Shorts;
        for (int group = 0; group < count / Activations.GroupSize; group += Groups, row += Bytes)
        {
            GroupScales.Unpack(row, out Vector256<float> scale, out Vector256<float> offset);
            (scale * Vector256.Load(vector.Scales + group)).Store(scales);
            offsets = Vector256.MultiplyAddEstimate(offset, Vector256.Load(vector.Sums + group), offsets);

            // Shifted by four, the fifth bits of a pair's groups come to stand at bits 4 and 5.
            Vector256<short> firstBits = Shorts.Load(row + High) << 4, secondBits = Shorts.Load(row + High + 16) << 4;
            byte* nibbles = row + Nibbles;
            for (int pair = 0; pair < Groups; pair += 2, nibbles += 32, activations += 64, firstBits >>>= 2, secondBits >>>= 2)
            {
                Vector256<short> first = Shorts.Load(nibbles), second = Shorts.Load(nibbles + 16);
                Vector256<int> low = Shorts.Multiply((first & mask) | (firstBits & fifth), activations)
                    + Shorts.Multiply((second & mask) | (secondBits & fifth), activations + 16);
                Vector256<int> high = Shorts.Multiply((first >>> 4) | ((firstBits >>> 1) & fifth), activations + 32)
                    + Shorts.Multiply((second >>> 4) | ((secondBits >>> 1) & fifth), activations + 48);
                even = Shorts.AddScaled(even, low, scales[pair]);
                odd = Shorts.AddScaled(odd, high, scales[pair + 1]);
            }
        }

        return Vector256.Sum(even + odd - offsets);
    }
}
