using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using HafsModels.Tensors;

namespace HafsModels.Inference.Kernels;

/// <summary>
/// Q4_0: a factor in half precision, then 16 bytes whose low nibbles are elements 0 to 15 and whose high nibbles are 16 to 31; 8 means zero.
/// </summary>
internal sealed unsafe class Q4_0Kernel() : RowKernel(GgmlType.Q4_0)
{
    private const int Elements = 32, Bytes = 18;

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    protected override void Widen(byte* row, int count, float* destination)
    {
        for (; count > 0; count -= Elements, row += Bytes, destination += Elements)
        {
            Vector512<float> factor = Vector512.Create(Shorts.Half(row));
            Vector512<int> nibbles = Lanes.LoadBytes(row + 2);
            (Vector512.ConvertToSingle((nibbles & Vector512.Create(15)) - Vector512.Create(8)) * factor).Store(destination);
            (Vector512.ConvertToSingle((nibbles >>> 4) - Vector512.Create(8)) * factor).Store(destination + Lanes.Count);
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
            Vector256<short> nibbles = Shorts.Load(row + 2);
            Vector256<int> products = Shorts.Multiply(nibbles & mask, activations) + Shorts.Multiply(nibbles >>> 4, activations + 16);
            float factor = Shorts.Half(row);
            sum = Shorts.AddScaled(sum, products, factor * vector.Scales[group]);
            offset += factor * vector.Sums[group];
        }

        return sum - Vector256.CreateScalar(8 * offset);
    }
}
