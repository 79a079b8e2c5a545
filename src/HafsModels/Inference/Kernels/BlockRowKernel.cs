using System.Buffers;
using HafsModels.Quantization;

namespace HafsModels.Inference.Kernels;

/// <summary>Any block format: a row is decoded by its <see cref="BlockFormat"/> and multiplied then. For types without a loop of their own.</summary>
internal sealed unsafe class BlockRowKernel(BlockFormat format) : RowKernel(format.Type)
{
    private readonly int blockElements = format.BlockElements;
    private readonly int blockBytes = format.BlockBytes;

    /// <inheritdoc/>
    protected override void Widen(byte* row, int count, float* destination) => format.Decode(new(row, count / blockElements * blockBytes), new(destination, count));

    /// <inheritdoc/>
    protected override float Dot(byte* row, int count, float* vector, float* sums)
    {
        float[] numbers = ArrayPool<float>.Shared.Rent(count);
        format.Decode(new(row, count / blockElements * blockBytes), numbers.AsSpan(0, count));
        float sum = VectorMath.Dot(numbers.AsSpan(0, count), new(vector, count));
        ArrayPool<float>.Shared.Return(numbers);
        return sum;
    }
}
