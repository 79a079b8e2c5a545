using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using HafsModels.Tensors;

namespace HafsModels.Inference.Kernels;

/// <summary>
/// Q8_0: a factor in half precision, then 32 signed bytes.
/// </summary>
internal sealed unsafe class Q8_0Kernel() : RowKernel(GgmlType.Q8_0)
{
    private const int Elements = 32, Bytes = 34;

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    protected override void Widen(byte* row, int count, float* destination)
    {
        for (; count > 0; count -= Elements, row += Bytes, destination += Elements)
        {
            Vector512<float> factor = Vector512.Create(Shorts.Half(row));
            (Vector512.ConvertToSingle(Lanes.LoadSignedBytes(row + 2)) * factor).Store(destination);
            (Vector512.ConvertToSingle(Lanes.LoadSignedBytes(row + 18)) * factor).Store(destination + Lanes.Count);
        }
    }

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    protected override Vector256<float> Dot(byte* row, int count, Activations vector)
    {
        Vector256<float> sum = default;
        short* activations = vector.Shorts;
        float* scale = vector.Scales;
        for (; count > 0; count -= Elements, row += Bytes, activations += Elements, scale++)
        {
            Vector256<int> products = Shorts.Multiply(Shorts.LoadSigned(row + 2), activations) + Shorts.Multiply(Shorts.LoadSigned(row + 18), activations + 16);
            sum = Shorts.AddScaled(sum, products, Shorts.Half(row) * *scale);
        }

        return sum;
    }
}
