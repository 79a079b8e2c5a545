using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using HafsModels.Tensors;

namespace HafsModels.Inference.Kernels;

/// <summary>
/// Q6_K: 256 elements: 128 bytes of low nibbles, 64 bytes of upper bit pairs, 16 signed scales for 16 elements each, a factor in half precision.
/// Each half of 128 elements takes 64 bytes of nibbles and 32 of bit pairs: byte i holds elements i, i + 32, i + 64 and i + 96; 32 means zero.
/// </summary>
internal sealed unsafe class Q6_KKernel() : RowKernel(GgmlType.Q6_K)
{
    private const int Elements = 256, Bytes = 210;
    private const int Groups = 16, Pairs = 128, Scales = 192, Factor = 208;

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    protected override void Widen(byte* row, int count, float* destination)
    {
        float* scales = stackalloc float[Groups];
        for (; count > 0; count -= Elements, row += Bytes, destination += Elements)
        {
            (Vector512.ConvertToSingle(Lanes.LoadSignedBytes(row + Scales)) * Vector512.Create(Shorts.Half(row + Factor))).Store(scales);
            for (int part = 0; part < 4; part++)
            {
                Quants(row, part, out Vector512<int> a, out Vector512<int> b, out Vector512<int> c, out Vector512<int> d);
                float* scale = scales + FirstGroup(part), to = destination + (FirstGroup(part) * Lanes.Count);
                Vector512<int> zero = Vector512.Create(32);
                (Vector512.ConvertToSingle(a - zero) * scale[0]).Store(to);
                (Vector512.ConvertToSingle(b - zero) * scale[2]).Store(to + 32);
                (Vector512.ConvertToSingle(c - zero) * scale[4]).Store(to + 64);
                (Vector512.ConvertToSingle(d - zero) * scale[6]).Store(to + 96);
            }
        }
    }

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    protected override float Dot(byte* row, int count, Activations vector)
    {
        float* scales = stackalloc float[Groups];
        Vector256<float> even = default, odd = default, offsets = default;
        short* activations = vector.Shorts;
        for (int group = 0; group < count / Lanes.Count; group += Groups, row += Bytes)
        {
            Vector512<float> scale = Vector512.ConvertToSingle(Lanes.LoadSignedBytes(row + Scales)) * Shorts.Half(row + Factor);
            (scale * Vector512.Load(vector.HalfScales + group)).Store(scales);
            Vector512<float> offset = scale * Vector512.Load(vector.HalfSums + group);
            offsets += offset.GetLower() + offset.GetUpper();
            for (int half = 0; half < 2; half++)
            {
                // 128 elements: byte i of the bit pairs belongs to elements i, i + 32, i + 64 and i + 96.
                byte* nibbles = row + (half * 64), pairs = row + Pairs + (half * 32);
                float* factors = scales + (half * 8);
                for (int part = 0; part < 2; part++, nibbles += 16, pairs += 16, factors++, activations += 16)
                {
                    Vector256<short> low = Vector256.Create((short)15), high = Vector256.Create((short)48);
                    Vector256<short> first = Shorts.Load(nibbles), second = Shorts.Load(nibbles + 32), bits = Shorts.Load(pairs);
                    even = Shorts.AddScaled(even, Shorts.Multiply((first & low) | ((bits << 4) & high), activations), factors[0]);
                    odd = Shorts.AddScaled(odd, Shorts.Multiply((second & low) | ((bits << 2) & high), activations + 32), factors[2]);
                    even = Shorts.AddScaled(even, Shorts.Multiply((first >>> 4) | (bits & high), activations + 64), factors[4]);
                    odd = Shorts.AddScaled(odd, Shorts.Multiply((second >>> 4) | ((bits >>> 2) & high), activations + 96), factors[6]);
                }

                activations += 96;
            }
        }

        return Vector256.Sum(even + odd - (offsets * 32f));
    }

    /// <summary>Part 0 to 3: which half of the block, and which half of each run of 32 in it.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static int FirstGroup(int part) => (part / 2 * 8) + (part % 2);

    /// <summary>Four times sixteen quants of a part; their groups are two apart.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Quants(byte* row, int part, out Vector512<int> a, out Vector512<int> b, out Vector512<int> c, out Vector512<int> d)
    {
        Vector512<int> low = Vector512.Create(15), high = Vector512.Create(48);
        byte* nibbles = row + (part / 2 * 64) + (part % 2 * 16);
        Vector512<int> first = Lanes.LoadBytes(nibbles), second = Lanes.LoadBytes(nibbles + 32);
        Vector512<int> pairs = Lanes.LoadBytes(row + Pairs + (part / 2 * 32) + (part % 2 * 16));
        a = (first & low) | ((pairs << 4) & high);
        b = (second & low) | ((pairs << 2) & high);
        c = (first >>> 4) | (pairs & high);
        d = (second >>> 4) | ((pairs >>> 2) & high);
    }
}
