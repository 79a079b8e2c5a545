using System.Runtime.CompilerServices;
using HafsModels.Quantization.Lanes;

namespace HafsModels.Quantization;

/// <summary>
/// The last step of <see cref="SpreadBlocks{TBlock}"/> and <see cref="RangeBlocks{TBlock}"/> with vectors: blocks whose units are known get their integers.
/// A block is the unit (F16), the minimum (F16) if there is one, the fifth bits (uint32, bit i for element i) if there are any, and the lower four bits
/// (16 bytes, <see cref="BitPlanes"/>).
/// </summary>
internal static unsafe class PlainLanes<TBlock>
    where TBlock : struct, IPlainBlock
{
    /// <summary>Most blocks at a time: enough that the steps of one do not wait for one another, and few enough for the first-level cache.</summary>
    public const int MostBlocks = 64;

    private const MethodImplOptions Inline = MethodImplOptions.AggressiveInlining;
    private const int Elements = 32, Half = Elements / 2;

    private static int Limit
    {
        [MethodImpl(Inline)]
        get => (1 << TBlock.Bits) - 1;
    }

    // What is added before truncation: integers count from the minimum, or from below zero.
    private static float Bias
    {
        [MethodImpl(Inline)]
        get => TBlock.HasMinimum ? 0.5f : (1 << TBlock.Bits - 1) + 0.5f;
    }

    /// <summary>Writes blocks.</summary>
    /// <param name="x">Their elements.</param>
    /// <param name="units">What one unit of each is worth.</param>
    /// <param name="minima">Their minima, if they have any.</param>
    /// <param name="count">How many: a multiple of <c>V.Count</c>, at most <see cref="MostBlocks"/>.</param>
    /// <param name="isTame">Whether all integers are known to be at least 0 and at most one above the limit, so that passing through an int8 changes none.</param>
    /// <param name="block">Takes the blocks.</param>
    [SkipLocalsInit]
    public static void Store<V>(float* x, float* units, float* minima, int count, bool isTame, byte* block)
        where V : struct, ILanes<V>
    {
        float* memory = stackalloc float[3 * MostBlocks + CacheLines.Floats];
        float* inverses = CacheLines.Align(memory), halves = inverses + MostBlocks, halfMinima = halves + MostBlocks;
        for (int i = 0; i < count; i += V.Count)
        {
            V unit = V.Load(units + i);
            V.Store(V.Select(V.Equal(unit, V.Zero), V.Zero, V.Create(1) / unit), inverses + i);
            V.Store(HalfLanes.Narrow(unit), halves + i);
            if (TBlock.HasMinimum)
                V.Store(HalfLanes.Narrow(V.Load(minima + i)), halfMinima + i);
        }

        for (int i = 0; i < count; i++, x += Elements, block += TBlock.Bytes)
        {
            *(ushort*)block = (ushort)BitConverter.SingleToInt32Bits(halves[i]);
            if (TBlock.HasMinimum)
                *(ushort*)(block + 2) = (ushort)BitConverter.SingleToInt32Bits(halfMinima[i]);
            V inverse = V.Create(inverses[i]), min = TBlock.HasMinimum ? V.Create(minima[i]) : V.Zero;
            if (isTame)
                StoreIntegers(x, min, inverse, isTame: true, block + TBlock.Bytes - Half);
            else
                StoreIntegers(x, min, inverse, isTame: false, block + TBlock.Bytes - Half);
        }
    }

    [MethodImpl(Inline)]
    private static void StoreIntegers<V>(float* x, V min, V inverse, bool isTame, byte* fourBits)
        where V : struct, ILanes<V>
    {
        uint fifthBits = 0;
        for (int i = 0; i < Half; i += V.Count)
        {
            V first = Integers(V.Load(x + i), min, inverse, isTame), second = Integers(V.Load(x + Half + i), min, inverse, isTame);
            if (TBlock.Bits == 5)
            {
                fifthBits |= V.MaskBits(V.ShiftLeftBits(first, 27)) << i | V.MaskBits(V.ShiftLeftBits(second, 27)) << Half + i;
                first &= V.CreateBits(15);
            }

            V.StoreBytes(first | V.ShiftLeftBits(second, 4), fourBits + i);
        }

        if (TBlock.Bits == 5)
            *(uint*)(fourBits - sizeof(uint)) = fifthBits;
    }

    // Truncated. All types but Q5_1 go by way of an int8 and are then kept from exceeding the limit.
    [MethodImpl(Inline)]
    private static V Integers<V>(V x, V min, V inverse, bool isTame)
        where V : struct, ILanes<V>
    {
        V integers = V.TruncateToBits((TBlock.HasMinimum ? x - min : x) * inverse + V.Create(Bias));
        if (TBlock.HasMinimum && (isTame || TBlock.Bits == 5))
            return integers;
        return V.MinBits(isTame ? integers : V.ShiftRightBits(V.ShiftLeftBits(integers, 24), 24), V.CreateBits(Limit));
    }
}
