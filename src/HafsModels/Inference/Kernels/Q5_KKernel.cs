using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using HafsModels.Tensors;

namespace HafsModels.Inference.Kernels;

/// <summary>
/// Q5_K: 256 elements in eight groups of 32, each with a scale and an offset (<see cref="GroupScales"/>, 16 bytes), then the fifth bits (32 bytes,
/// bit g of byte i for element i of group g), then nibbles as in Q4_K.
/// </summary>
internal sealed unsafe class Q5_KKernel() : IntegerRowKernel(GgmlType.Q5_K, 31 * 63, hasOffsets: true)
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
    public override void Unpack(byte* block, int count, short* integers, float* factors, float* offsets)
    {
        Vector256<short> mask = Vector256.Create((short)15), fifth = Vector256.Create((short)16);
        for (; count > 0; count--, block += Bytes, integers += Elements, offsets += Groups)
        {
            *factors++ = Shorts.Half(block);
            GroupScales.Unpack(block, out ulong scales, out Vector256<float> offset);
            offset.Store(offsets);
            Vector256<short> firstBits = Shorts.Load(block + High) << 4, secondBits = Shorts.Load(block + High + 16) << 4;
            for (int group = 0; group < Groups; group += 2, scales >>= 16, firstBits >>>= 2, secondBits >>>= 2)
            {
                byte* nibbles = block + Nibbles + (group * 16);
                short* to = integers + (group * GroupElements);
                Vector256<short> first = Shorts.Load(nibbles), second = Shorts.Load(nibbles + 16);
                Vector256<short> low = Vector256.Create((short)(byte)scales), high = Vector256.Create((short)(byte)(scales >> 8));
                (((first & mask) | (firstBits & fifth)) * low).Store(to);
                (((second & mask) | (secondBits & fifth)) * low).Store(to + 16);
                (((first >>> 4) | ((firstBits >>> 1) & fifth)) * high).Store(to + 32);
                (((second >>> 4) | ((secondBits >>> 1) & fifth)) * high).Store(to + 48);
            }
        }
    }

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    protected override Vector256<float> Dot(byte* row, int count, Activations vector)
    {
        float* scales = stackalloc float[Groups], groupScales = vector.Scales, sums = vector.Sums;
        Vector256<float> a = default, b = default, c = default, d = default, offsets = default;
        short* activations = vector.Shorts;
        for (; count > 0; count -= Elements, row += Bytes, activations += Elements, groupScales += Groups, sums += Groups)
        {
            GroupScales.Unpack(row, out Vector256<float> scale, out Vector256<float> offset);
            (scale * Vector256.Load(groupScales)).Store(scales);
            offsets = Vector256.MultiplyAddEstimate(offset, Vector256.Load(sums), offsets);

            // Shifted by four, the fifth bits of a pair's groups come to stand at bits 4 and 5; those of the next pair are two bits higher.
            Vector256<short> first = Shorts.Load(row + High) << 4, second = Shorts.Load(row + High + 16) << 4;
            AddPair(row + Nibbles, first, second, activations, scales, ref a, ref b);
            AddPair(row + Nibbles + 32, first >>> 2, second >>> 2, activations + 64, scales + 2, ref c, ref d);
            AddPair(row + Nibbles + 64, first >>> 4, second >>> 4, activations + 128, scales + 4, ref a, ref b);
            AddPair(row + Nibbles + 96, first >>> 6, second >>> 6, activations + 192, scales + 6, ref c, ref d);
        }

        return a + b + (c + d) - offsets;
    }

    /// <summary>Two groups: the low and the high nibbles of 32 bytes, and bits 4 and 5 of <paramref name="firstBits"/> and <paramref name="secondBits"/>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void AddPair(
        byte* nibbles, Vector256<short> firstBits, Vector256<short> secondBits, short* activations, float* scales, ref Vector256<float> even, ref Vector256<float> odd)
    {
        Vector256<short> mask = Vector256.Create((short)15), fifth = Vector256.Create((short)16), first = Shorts.Load(nibbles), second = Shorts.Load(nibbles + 16);
        Vector256<int> low = Shorts.Multiply((first & mask) | (firstBits & fifth), activations)
            + Shorts.Multiply((second & mask) | (secondBits & fifth), activations + 16);
        Vector256<int> high = Shorts.Multiply((first >>> 4) | ((firstBits >>> 1) & fifth), activations + 32)
            + Shorts.Multiply((second >>> 4) | ((secondBits >>> 1) & fifth), activations + 48);
        even = Shorts.AddScaled(even, low, scales[0]);
        odd = Shorts.AddScaled(odd, high, scales[1]);
    }
}
