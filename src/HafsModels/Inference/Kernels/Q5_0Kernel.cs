using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using HafsModels.Tensors;

namespace HafsModels.Inference.Kernels;

/// <summary>
/// Q5_0: a factor in half precision, the fifth bits of 32 elements in four bytes, then 16 bytes whose low nibbles are elements 0 to 15 and whose
/// high nibbles are 16 to 31; 16 means zero.
/// </summary>
internal sealed unsafe class Q5_0Kernel() : RowKernel(GgmlType.Q5_0)
{
    private const int Elements = 32, Bytes = 22;

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    protected override void Widen(byte* row, int count, float* destination)
    {
        for (; count > 0; count -= Elements, row += Bytes, destination += Elements)
        {
            Vector256<short> nibbles = Shorts.Load(row + 6), zero = Vector256.Create((short)16);
            Lanes.Store(((nibbles & Vector256.Create((short)15)) | FifthBits(*(ushort*)(row + 2))) - zero, Shorts.Half(row), destination);
            Lanes.Store(((nibbles >>> 4) | FifthBits(*(ushort*)(row + 4))) - zero, Shorts.Half(row), destination + 16);
        }
    }

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    protected override Vector256<float> Dot(byte* row, int count, Activations vector)
    {
        Vector256<float> sum = default;
        Vector256<short> mask = Vector256.Create((short)15);
        float offset = 0;
        for (int group = 0; group < count / Elements; group++, row += Bytes)
        {
            short* activations = vector.Shorts + (group * Elements);
            Vector256<short> nibbles = Shorts.Load(row + 6);
            Vector256<short> first = (nibbles & mask) | FifthBits(*(ushort*)(row + 2));
            Vector256<short> second = (nibbles >>> 4) | FifthBits(*(ushort*)(row + 4));
            Vector256<int> products = Shorts.Multiply(first, activations) + Shorts.Multiply(second, activations + 16);
            float factor = Shorts.Half(row);
            sum = Shorts.AddScaled(sum, products, factor * vector.Scales[group]);
            offset += factor * vector.Sums[group];
        }

        return sum - Vector256.CreateScalar(16 * offset);
    }

    /// <summary>16 in each lane whose bit is set.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<short> FifthBits(ushort bits)
    {
        Vector256<short> lane = Vector256.Create(1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 2048, 4096, 8192, 16384, -32768);
        return Vector256.Equals(Vector256.Create((short)bits) & lane, lane) & Vector256.Create((short)16);
    }
}
