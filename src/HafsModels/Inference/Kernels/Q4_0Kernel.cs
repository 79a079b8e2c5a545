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
            Vector512<float> factor = Lanes.BroadcastF16(row);
            Vector512<int> nibbles = Lanes.LoadBytes(row + 2);
            (Vector512.ConvertToSingle((nibbles & Vector512.Create(15)) - Vector512.Create(8)) * factor).Store(destination);
            (Vector512.ConvertToSingle((nibbles >>> 4) - Vector512.Create(8)) * factor).Store(destination + Lanes.Count);
        }
    }

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    protected override float Dot(byte* row, int count, float* vector, float* sums)
    {
        Vector512<float> sum = default;
        for (; count > 0; count -= Elements, row += Bytes, vector += Elements)
        {
            Vector512<int> nibbles = Lanes.LoadBytes(row + 2);
            Vector512<float> block = Vector512.ConvertToSingle((nibbles & Vector512.Create(15)) - Vector512.Create(8)) * Vector512.Load(vector);
            block = Lanes.MultiplyAdd(Vector512.ConvertToSingle((nibbles >>> 4) - Vector512.Create(8)), Vector512.Load(vector + Lanes.Count), block);
            sum = Lanes.MultiplyAdd(block, Lanes.BroadcastF16(row), sum);
        }

        return Vector512.Sum(sum);
    }
}
