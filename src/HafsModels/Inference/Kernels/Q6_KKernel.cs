using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using HafsModels.Tensors;

namespace HafsModels.Inference.Kernels;

/// <summary>
/// Q6_K: 256 elements: 128 bytes of low nibbles, 64 bytes of upper bit pairs, 16 signed scales for 16 elements each, a factor in half precision.
/// Each half of 128 elements takes 64 bytes of nibbles and 32 of bit pairs: byte i holds elements i, i + 32, i + 64 and i + 96; 32 means zero.
/// </summary>
internal sealed unsafe class Q6_KKernel() : IntegerRowKernel(GgmlType.Q6_K, 32 * 128, hasOffsets: false)
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
    public override void Unpack(byte* block, int count, short* integers, float* factors, float* offsets)
    {
        Vector256<short> low = Vector256.Create((short)15), high = Vector256.Create((short)48), zero = Vector256.Create((short)32);
        for (; count > 0; count--, block += Bytes, integers += Elements)
        {
            *factors++ = Shorts.Half(block + Factor);
            for (int part = 0; part < 4; part++)
            {
                byte* nibbles = block + (part / 2 * 64) + (part % 2 * 16);
                sbyte* scales = (sbyte*)block + Scales + FirstGroup(part);
                short* to = integers + (FirstGroup(part) * Lanes.Count);
                Vector256<short> first = Shorts.Load(nibbles), second = Shorts.Load(nibbles + 32), bits = Shorts.Load(block + Pairs + (part * 16));
                ((((first & low) | ((bits << 4) & high)) - zero) * Vector256.Create((short)scales[0])).Store(to);
                ((((second & low) | ((bits << 2) & high)) - zero) * Vector256.Create((short)scales[2])).Store(to + 32);
                ((((first >>> 4) | (bits & high)) - zero) * Vector256.Create((short)scales[4])).Store(to + 64);
                ((((second >>> 4) | ((bits >>> 2) & high)) - zero) * Vector256.Create((short)scales[6])).Store(to + 96);
            }
        }
    }

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    protected override Vector256<float> Dot(byte* row, int count, Activations vector)
    {
        float* scales = stackalloc float[Groups], groupScales = vector.HalfScales, sums = vector.HalfSums;
        Vector256<float> a = default, b = default, c = default, d = default;
        Vector512<float> offsets = default;
        short* activations = vector.Shorts;
        for (; count > 0; count -= Elements, row += Bytes, activations += Elements, groupScales += Groups, sums += Groups)
        {
            Vector512<float> scale = Vector512.ConvertToSingle(Lanes.LoadSignedBytes(row + Scales)) * Shorts.Half(row + Factor);
            (scale * Vector512.Load(groupScales)).Store(scales);
            offsets = Lanes.MultiplyAdd(scale, Vector512.Load(sums), offsets);
            AddPart(row, row + Pairs, activations, scales, ref a, ref b, ref c, ref d);
            AddPart(row + 16, row + Pairs + 16, activations + 16, scales + 1, ref a, ref b, ref c, ref d);
            AddPart(row + 64, row + Pairs + 32, activations + 128, scales + 8, ref a, ref b, ref c, ref d);
            AddPart(row + 80, row + Pairs + 48, activations + 144, scales + 9, ref a, ref b, ref c, ref d);
        }

        return a + b + (c + d) - ((offsets.GetLower() + offsets.GetUpper()) * 32f);
    }

    /// <summary>Four groups, two apart: sixteen bytes of nibbles, sixteen 32 further on, and sixteen of bit pairs.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void AddPart(
        byte* nibbles, byte* pairs, short* activations, float* scales, ref Vector256<float> a, ref Vector256<float> b, ref Vector256<float> c, ref Vector256<float> d)
    {
        Vector256<short> low = Vector256.Create((short)15), high = Vector256.Create((short)48);
        Vector256<short> first = Shorts.Load(nibbles), second = Shorts.Load(nibbles + 32), bits = Shorts.Load(pairs);
        a = Shorts.AddScaled(a, Shorts.Multiply((first & low) | ((bits << 4) & high), activations), scales[0]);
        b = Shorts.AddScaled(b, Shorts.Multiply((second & low) | ((bits << 2) & high), activations + 32), scales[2]);
        c = Shorts.AddScaled(c, Shorts.Multiply((first >>> 4) | (bits & high), activations + 64), scales[4]);
        d = Shorts.AddScaled(d, Shorts.Multiply((second >>> 4) | ((bits >>> 2) & high), activations + 96), scales[6]);
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
