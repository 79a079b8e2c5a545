using System.Runtime.CompilerServices;
using HafsModels.Tensors;

namespace HafsModels.Inference.Kernels;

/// <summary>How one stored type is unpacked; the loop over a row, written once for all sinks.</summary>
internal interface IUnpacking
{
    /// <summary>Hands the numbers of a row to a sink, in order.</summary>
    /// <param name="row">First stored byte of the row.</param>
    /// <param name="count">Elements of the row.</param>
    /// <param name="sink">Takes the numbers; returned, because a struct handed around by reference would not stay in registers.</param>
    static abstract unsafe TSink Unpack<TSink>(byte* row, int count, TSink sink)
        where TSink : struct, ILaneSink;
}

/// <summary>A kernel made of one unpacking loop.</summary>
/// <typeparam name="TUnpacking">The loop.</typeparam>
internal sealed class UnpackingKernel<TUnpacking>(GgmlType type) : RowKernel(type)
    where TUnpacking : IUnpacking
{
    /// <inheritdoc/>
    public override unsafe void Widen(ReadOnlySpan<byte> row, Span<float> destination)
    {
        Check(row.Length, destination.Length);
        fixed (byte* bytes = row)
        fixed (float* numbers = destination)
            _ = TUnpacking.Unpack(bytes, destination.Length, new StoreSink(numbers));
    }

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public override unsafe float Dot(ReadOnlySpan<byte> row, ReadOnlySpan<float> vector)
    {
        Check(row.Length, vector.Length);
        fixed (byte* bytes = row)
        fixed (float* numbers = vector)
            return TUnpacking.Unpack(bytes, vector.Length, new DotSink(numbers)).Sum;
    }

    private void Check(int bytes, int elements)
    {
        if (bytes < Type.RowBytes(elements))
            throw new ArgumentException($"{bytes} bytes are less than a row of {elements} {Type} elements");
    }
}
