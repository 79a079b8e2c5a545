using System.Buffers;
using System.Runtime.Intrinsics;
using HafsModels.Quantization;
using HafsModels.Tensors;

namespace HafsModels.Inference.Kernels;

/// <summary>Any block format: a row is decoded by its <see cref="BlockFormat"/> and multiplied then. For types without a loop of their own.</summary>
internal sealed unsafe class BlockRowKernel(BlockFormat format) : RowKernel(format.Type)
{
    /// <inheritdoc/>
    protected override Vector256<float> Dot(byte* row, int count, Activations vector)
    {
        float[] numbers = ArrayPool<float>.Shared.Rent(count);
        format.Decode(new(row, (int)Type.RowBytes(count)), numbers.AsSpan(0, count));
        float sum = VectorMath.Dot(numbers.AsSpan(0, count), new(vector.Numbers, count));
        ArrayPool<float>.Shared.Return(numbers);
        return Vector256.CreateScalar(sum);
    }
}
