using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace HafsModels.Inference.Kernels;

/// <summary>
/// A vector that many rows are multiplied with, prepared once. Besides the numbers: their sums (a block format's offset is the same for all
/// elements of a group, so its share of the product is one multiplication with such a sum), and the numbers as 16-bit integers with a scale for
/// each 32: products of stored integers with those are exact in integer arithmetic, twice as fast as in float, and the rounding of the vector,
/// at most 1/65534 of the largest of its 32 elements, is below what half precision would keep.
/// </summary>
internal sealed unsafe class Activations
{
    /// <summary>Elements that share a scale.</summary>
    public const int GroupSize = 32;

    private const int HalfGroup = GroupSize / 2;
    private const int Limit = 32767;

    private Memory<float> memory = Memory<float>.Empty;
    private int capacity;

    /// <summary>Elements of the vector.</summary>
    public int Count { get; private set; }

    /// <summary>The vector.</summary>
    public float* Numbers { get; private set; }

    /// <summary>The vector's elements over their scale, rounded; those of a partial group at the end are left out.</summary>
    public short* Shorts { get; private set; }

    /// <summary>What one unit of <see cref="Shorts"/> is worth, for each 32 elements.</summary>
    public float* Scales { get; private set; }

    /// <summary>The same for each 16 elements: every scale twice.</summary>
    public float* HalfScales { get; private set; }

    /// <summary>Sum of each 32 elements.</summary>
    public float* Sums { get; private set; }

    /// <summary>Sum of each 16 elements.</summary>
    public float* HalfSums { get; private set; }

    /// <summary>Prepares a vector.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Prepare(ReadOnlySpan<float> vector)
    {
        if (capacity < vector.Length)
            Allocate(vector.Length);
        Count = vector.Length;
        vector.CopyTo(new Span<float>(Numbers, Count));
        for (int group = 0; group < Count / GroupSize; group++)
            PrepareGroup(group);
    }

    private void PrepareGroup(int group)
    {
        float* numbers = Numbers + (group * GroupSize);
        Vector512<float> first = Vector512.Load(numbers), second = Vector512.Load(numbers + HalfGroup);
        Vector512<float> largest = Vector512.Max(Vector512.Abs(first), Vector512.Abs(second));
        Vector256<float> eight = Vector256.Max(largest.GetLower(), largest.GetUpper());
        Vector128<float> four = Vector128.Max(eight.GetLower(), eight.GetUpper());
        float scale = MathF.Max(MathF.Max(four[0], four[1]), MathF.Max(four[2], four[3])) / Limit;

        // The largest number over its scale rounds to the limit, so nothing saturates but what is not finite.
        float inverse = scale > 0 ? 1 / scale : 0;
        Vector512.Narrow(Round(first * inverse), Round(second * inverse)).Store(Shorts + (group * GroupSize));
        (HalfSums[2 * group], HalfSums[(2 * group) + 1]) = (Vector512.Sum(first), Vector512.Sum(second));
        Sums[group] = HalfSums[2 * group] + HalfSums[(2 * group) + 1];
        Scales[group] = HalfScales[2 * group] = HalfScales[(2 * group) + 1] = scale;

        static Vector512<int> Round(Vector512<float> numbers) => Vector512.ConvertToInt32(Vector512.Round(numbers));
    }

    private void Allocate(int count)
    {
        int groups = (count + GroupSize - 1) / GroupSize;
        capacity = groups * GroupSize;

        // The collector does not move this memory, so pointers into it live as long as the field.
        memory = AlignedFloats.Allocate(capacity + (capacity / 2) + (6 * groups));
        Numbers = (float*)Unsafe.AsPointer(ref MemoryMarshal.GetReference(memory.Span));
        Shorts = (short*)(Numbers + capacity);
        Scales = (float*)(Shorts + capacity);
        HalfScales = Scales + groups;
        Sums = HalfScales + (2 * groups);
        HalfSums = Sums + groups;
    }
}
