using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace HafsModels.Inference.Kernels;

/// <summary>Multiplies the numbers of a row with a vector and sums.</summary>
/// <param name="vector">As many elements as the row has.</param>
internal unsafe struct DotSink(float* vector) : ILaneSink
{
    private Vector512<float> even;
    private Vector512<float> odd;
    private float rest;

    /// <summary>The scalar product so far.</summary>
    public readonly float Sum => Vector512.Sum(even + odd) + rest;

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Take(int index, Vector512<float> numbers) => even = Vector512.MultiplyAddEstimate(numbers, Vector512.Load(vector + index), even);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void TakeOther(int index, Vector512<float> numbers) => odd = Vector512.MultiplyAddEstimate(numbers, Vector512.Load(vector + index), odd);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void TakeOne(int index, float number) => rest += number * vector[index];
}
