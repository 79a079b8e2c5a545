using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace HafsModels.Inference.Kernels;

/// <summary>
/// A vector that many rows are multiplied with, and the sums of its elements sixteen by sixteen: a block format's offset is the same for all
/// elements of a group, so its share of the product is one multiplication with such a sum.
/// </summary>
/// <param name="numbers">The vector.</param>
/// <param name="sums">What <see cref="Sum"/> made of it.</param>
internal readonly ref struct Activations(ReadOnlySpan<float> numbers, ReadOnlySpan<float> sums)
{
    /// <summary>Elements of a sum.</summary>
    public const int GroupSize = 16;

    /// <summary>The vector.</summary>
    public ReadOnlySpan<float> Numbers { get; } = numbers;

    /// <summary>Sums of elements, sixteen by sixteen; a partial sixteen at the end has none.</summary>
    public ReadOnlySpan<float> Sums { get; } = sums;

    /// <summary>Sums a vector's elements sixteen by sixteen.</summary>
    /// <param name="numbers">The vector.</param>
    /// <param name="sums">Takes a sum for each whole sixteen.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Sum(ReadOnlySpan<float> numbers, Span<float> sums)
    {
        for (int group = 0; group < numbers.Length / GroupSize; group++)
            sums[group] = Vector512.Sum(Vector512.Create(numbers.Slice(group * GroupSize, GroupSize)));
    }
}
