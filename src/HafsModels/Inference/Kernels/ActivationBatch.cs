using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace HafsModels.Inference.Kernels;

/// <summary>
/// Vectors that rows of <see cref="IntegerRowKernel"/> are multiplied with: as 16-bit integers with a scale for each 256 (so that a whole block
/// is summed in integers), and the sums of each 32, which offsets are multiplied with. The rounding is at most 1/65534 of the largest of 256.
/// </summary>
internal sealed unsafe class ActivationBatch
{
    private const int Limit = 32767;

    private Memory<float> memory = Memory<float>.Empty;
    private int blocks;
    private short* shorts;
    private float* scales;
    private float* sums;

    /// <summary>Makes room.</summary>
    /// <param name="count">Vectors.</param>
    /// <param name="length">Elements of each; whole blocks.</param>
    public void Reserve(int count, int length)
    {
        blocks = length / IntegerRowKernel.BlockElements;
        int all = checked(count * blocks), floats = checked(all * ((IntegerRowKernel.BlockElements / 2) + IntegerRowKernel.BlockGroups + 1));
        if (memory.Length < floats)
            memory = AlignedFloats.Allocate(floats);

        // The collector does not move this memory, so pointers into it live as long as the field.
        shorts = (short*)Unsafe.AsPointer(ref MemoryMarshal.GetReference(memory.Span));
        sums = (float*)(shorts + ((long)all * IntegerRowKernel.BlockElements));
        scales = sums + (all * IntegerRowKernel.BlockGroups);
    }

    /// <summary>Integers of a vector from a block on.</summary>
    public short* Shorts(int vector, int block) => shorts + (((vector * blocks) + block) * IntegerRowKernel.BlockElements);

    /// <summary>Integers from a vector to the same place in one further on.</summary>
    public int Distance(int vectors) => vectors * blocks * IntegerRowKernel.BlockElements;

    /// <summary>What one unit of the integers is worth, block by block, from a block on.</summary>
    public float* Scales(int vector, int block) => scales + (vector * blocks) + block;

    /// <summary>Scales from a vector to the same place in one further on.</summary>
    public int ScaleDistance(int vectors) => vectors * blocks;

    /// <summary>Sums of each 32 elements from a block on.</summary>
    public float* Sums(int vector, int block) => sums + (((vector * blocks) + block) * IntegerRowKernel.BlockGroups);

    /// <summary>Takes one vector; different ones may be taken at once.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Prepare(int vector, ReadOnlySpan<float> numbers)
    {
        fixed (float* start = numbers)
        {
            for (int block = 0; block < blocks; block++)
                PrepareBlock(start + (block * IntegerRowKernel.BlockElements), Shorts(vector, block), Scales(vector, block), Sums(vector, block));
        }
    }

    private static void PrepareBlock(float* numbers, short* shorts, float* scale, float* sums)
    {
        Vector256<float> largest = default;
        for (int group = 0; group < IntegerRowKernel.BlockGroups; group++)
        {
            float* four = numbers + (group * IntegerRowKernel.GroupElements);
            Vector256<float> a = Vector256.Load(four), b = Vector256.Load(four + 8), c = Vector256.Load(four + 16), d = Vector256.Load(four + 24);
            largest = Vector256.Max(largest, Vector256.Max(Vector256.Max(Vector256.Abs(a), Vector256.Abs(b)), Vector256.Max(Vector256.Abs(c), Vector256.Abs(d))));
            sums[group] = Vector256.Sum(a + b + (c + d));
        }

        *scale = VectorMath.Max(new ReadOnlySpan<float>(&largest, Vector256<float>.Count)) / Limit;

        // The largest number over its scale rounds to the limit, so nothing saturates but what is not finite.
        float inverse = *scale > 0 ? 1 / *scale : 0;
        for (int i = 0; i < IntegerRowKernel.BlockElements; i += 16)
            Vector256.Narrow(Round(numbers + i, inverse), Round(numbers + i + 8, inverse)).Store(shorts + i);

        static Vector256<int> Round(float* numbers, float inverse) => Vector256.ConvertToInt32(Vector256.Round(Vector256.Load(numbers) * inverse));
    }
}
