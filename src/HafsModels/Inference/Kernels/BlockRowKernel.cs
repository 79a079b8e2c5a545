using System.Buffers;
using HafsModels.Quantization;

namespace HafsModels.Inference.Kernels;

/// <summary>Any block format: a row is decoded by its <see cref="BlockFormat"/> and multiplied then. For types without a loop of their own.</summary>
internal sealed class BlockRowKernel(BlockFormat format) : RowKernel(format.Type)
{
    /// <inheritdoc/>
    public override void Widen(ReadOnlySpan<byte> row, Span<float> destination) => format.Decode(row, destination);

    /// <inheritdoc/>
    public override float Dot(ReadOnlySpan<byte> row, ReadOnlySpan<float> vector)
    {
        float[] numbers = ArrayPool<float>.Shared.Rent(vector.Length);
        format.Decode(row, numbers.AsSpan(0, vector.Length));
        float sum = VectorMath.Dot(numbers.AsSpan(0, vector.Length), vector);
        ArrayPool<float>.Shared.Return(numbers);
        return sum;
    }
}
