using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace HafsModels.Inference.Kernels;

/// <summary>Stores the numbers of a row.</summary>
/// <param name="destination">Takes as many elements as the row has.</param>
internal readonly unsafe struct StoreSink(float* destination) : ILaneSink
{
    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Take(int index, Vector512<float> numbers) => numbers.Store(destination + index);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void TakeOther(int index, Vector512<float> numbers) => numbers.Store(destination + index);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void TakeOne(int index, float number) => destination[index] = number;
}
