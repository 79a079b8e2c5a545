using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

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
        var numbers = new ReadOnlySpan<float>(Numbers + (group * GroupSize), GroupSize);
        var shorts = new Span<short>(Shorts + (group * GroupSize), GroupSize);
        Vector<float> largest = default, first = default, second = default;
        for (int i = 0; i < HalfGroup; i += Vector<float>.Count)
        {
            Vector<float> a = new(numbers[i..]), b = new(numbers[(i + HalfGroup)..]);
            first += a;
            second += b;
            largest = Vector.Max(largest, Vector.Max(Vector.Abs(a), Vector.Abs(b)));
        }

        float scale = 0;
        for (int lane = 0; lane < Vector<float>.Count; lane++)
            scale = MathF.Max(scale, largest[lane]);
        scale /= Limit;
        float inverse = scale > 0 ? 1 / scale : 0;
        for (int i = 0; i < GroupSize; i++)
            shorts[i] = (short)Math.Clamp(MathF.Round(numbers[i] * inverse), -Limit, Limit);

        (HalfSums[2 * group], HalfSums[(2 * group) + 1]) = (Vector.Sum(first), Vector.Sum(second));
        Sums[group] = HalfSums[2 * group] + HalfSums[(2 * group) + 1];
        Scales[group] = HalfScales[2 * group] = HalfScales[(2 * group) + 1] = scale;
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
