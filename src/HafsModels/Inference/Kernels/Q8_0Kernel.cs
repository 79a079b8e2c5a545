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
            Vector512<float> factor = Lanes.BroadcastF16(row);
            (Vector512.ConvertToSingle(Lanes.LoadSignedBytes(row + 2)) * factor).Store(destination);
            (Vector512.ConvertToSingle(Lanes.LoadSignedBytes(row + 18)) * factor).Store(destination + Lanes.Count);
        }
    }

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    protected override float Dot(byte* row, int count, float* vector, float* sums)
    {
        Vector512<float> even = default, odd = default;
        for (; count > 0; count -= Elements, row += Bytes, vector += Elements)
        {
            Vector512<float> factor = Lanes.BroadcastF16(row);
            even = Lanes.MultiplyAdd(Vector512.ConvertToSingle(Lanes.LoadSignedBytes(row + 2)) * Vector512.Load(vector), factor, even);
            odd = Lanes.MultiplyAdd(Vector512.ConvertToSingle(Lanes.LoadSignedBytes(row + 18)) * Vector512.Load(vector + Lanes.Count), factor, odd);
        }

        return Vector512.Sum(even + odd);
    }
}
