using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using HafsModels.Tensors;

namespace HafsModels.Inference.Kernels;

/// <summary>
/// Q4_K: 256 elements in eight groups of 32, each with a scale and an offset (<see cref="GroupScales"/>, 16 bytes), then 128 bytes: each run of
/// 32 holds one group in its low and the next in its high nibbles.
/// </summary>
internal sealed unsafe class Q4_KKernel() : IntegerRowKernel(GgmlType.Q4_K, 15 * 63, hasOffsets: true)
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
    public override void Unpack(byte* block, int count, short* integers, float* factors, float* offsets)
    {
        Vector256<short> mask = Vector256.Create((short)15);
        for (; count > 0; count--, block += Bytes, integers += Elements, offsets += Groups)
        {
            *factors++ = Shorts.Half(block);
            GroupScales.Unpack(block, out ulong scales, out Vector256<float> offset);
            offset.Store(offsets);
            for (int group = 0; group < Groups; group += 2, scales >>= 16)
            {
                byte* nibbles = block + Nibbles + (group * 16);
                short* to = integers + (group * GroupElements);
                Vector256<short> first = Shorts.Load(nibbles), second = Shorts.Load(nibbles + 16);
                Vector256<short> low = Vector256.Create((short)(byte)scales), high = Vector256.Create((short)(byte)(scales >> 8));
                ((first & mask) * low).Store(to);
                ((second & mask) * low).Store(to + 16);
                ((first >>> 4) * high).Store(to + 32);
                ((second >>> 4) * high).Store(to + 48);
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
            AddPair(row + Nibbles, activations, scales, ref a, ref b);
            AddPair(row + Nibbles + 32, activations + 64, scales + 2, ref c, ref d);
            AddPair(row + Nibbles + 64, activations + 128, scales + 4, ref a, ref b);
            AddPair(row + Nibbles + 96, activations + 192, scales + 6, ref c, ref d);
        }

        return a + b + (c + d) - offsets;
    }

    /// <summary>Two groups: the low and the high nibbles of 32 bytes.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void AddPair(byte* nibbles, short* activations, float* scales, ref Vector256<float> even, ref Vector256<float> odd)
    {
        Vector256<short> mask = Vector256.Create((short)15), first = Shorts.Load(nibbles), second = Shorts.Load(nibbles + 16);
        Vector256<int> low = Shorts.Multiply(first & mask, activations) + Shorts.Multiply(second & mask, activations + 16);
        Vector256<int> high = Shorts.Multiply(first >>> 4, activations + 32) + Shorts.Multiply(second >>> 4, activations + 48);
        even = Shorts.AddScaled(even, low, scales[0]);
        odd = Shorts.AddScaled(odd, high, scales[1]);
    }
}
