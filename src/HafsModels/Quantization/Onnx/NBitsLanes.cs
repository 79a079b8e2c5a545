using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using HafsModels.Quantization.Lanes;

namespace HafsModels.Quantization.Onnx;

/// <summary>
/// The vector kernel of <see cref="NBitsQuantizer"/> for 4 bits and blocks of 32 elements or more, of finite numbers: of some blocks first the ranges, then scales and zero points side by side, then the integers.
/// </summary>
internal static unsafe class NBitsLanes
{
    private const int Part = 32, MostParts = 64, PartBytes = Part / 2, Largest = 15, Middle = 8;

    /// <summary>Encodes the first blocks; the rest is left to the scalar definition.</summary>
    /// <param name="numbers">Blocks, one after the other.</param>
    /// <param name="blockSize">A multiple of 32, at most 128.</param>
    /// <param name="symmetric">Whether zero is in the middle of the range.</param>
    /// <param name="halfScales">Whether scales are F16.</param>
    /// <param name="packed">Takes the integers.</param>
    /// <param name="scales">Takes the scales.</param>
    /// <param name="zeroPoints">Takes the zero points; not used in the symmetric form.</param>
    /// <returns>How many blocks; an even number.</returns>
    [SkipLocalsInit]
    public static int Encode<V>(ReadOnlySpan<float> numbers, int blockSize, bool symmetric, bool halfScales, Span<byte> packed, Span<byte> scales, Span<byte> zeroPoints)
        where V : struct, ILanes<V>
    {
        float* memory = stackalloc float[(4 * MostParts) + CacheLines.Floats], above = CacheLines.Align(memory), below = above + MostParts, inverses = below + MostParts, zeros = inverses + MostParts;
        byte* integers = stackalloc byte[Part];
        int parts = blockSize / Part, step = Math.Max(V.Count, 2 * parts), whole = numbers.Length / Part / step * step;
        fixed (float* source = numbers)
        fixed (byte* target = packed, scaleBytes = scales, zeroBytes = zeroPoints)
        {
            for (int first = 0, count; first < whole; first += count)
            {
                count = Math.Min(MostParts, whole - first);
                float* x = source + (first * Part);
                for (int i = 0; i < count; i += V.Count)
                {
                    V.Store(BlockFolding.Largest<V, BlockFolding.AboveZero>(x + (i * Part)), above + i);
                    V.Store(BlockFolding.Largest<V, BlockFolding.BelowZero>(x + (i * Part)), below + i);
                }

                int blocks = count / parts, firstBlock = first / parts;
                if (parts > 1)
                    Join((int*)above, (uint*)below, blocks, parts);
                for (int i = 0; i < blocks; i += V.Count)
                {
                    (V scale, V zero) = symmetric ? Symmetric(V.Load(above + i), V.Load(below + i)) : Asymmetric(V.Load(above + i), V.Load(below + i));
                    V stored = halfScales ? HalfLanes.Narrow(scale) : scale;
                    V inverse = V.Create(1) / (halfScales ? HalfLanes.Widen(stored) : scale);
                    V.Store(V.Select(V.LessThan(V.Abs(inverse), V.Create(float.PositiveInfinity)), inverse, V.Zero), inverses + i);
                    V.Store(zero, zeros + i);
                    V.Store(stored, above + i);
                }

                StoreScales(above, blocks, halfScales, scaleBytes + ((long)firstBlock * (halfScales ? 2 : 4)));
                if (!symmetric)
                    StoreZeroPoints(zeros, blocks, zeroBytes + (firstBlock / 2));
                for (int i = 0; i < count; i++)
                    StoreIntegers(x + (i * Part), V.Create(inverses[i / parts]), V.Create(zeros[i / parts]), integers, target + ((long)(first + i) * PartBytes));
            }
        }

        return whole / parts;
    }

    // By the orders of BlockFolding: a block of several parts has the extremes of its parts.
    private static void Join(int* above, uint* below, int blocks, int parts)
    {
        for (int block = 0; block < blocks; block++)
        {
            (int high, uint low) = (above[block * parts], below[block * parts]);
            for (int i = 1; i < parts; i++)
                (high, low) = (Math.Max(high, above[(block * parts) + i]), Math.Max(low, below[(block * parts) + i]));
            (above[block], below[block]) = (high, low);
        }
    }

    // Where no number is above zero, or none below, one of the two is the other's farthest: the same end.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static (V Scale, V Zero) Symmetric<V>(V above, V below)
        where V : struct, ILanes<V>
        => (V.Select(V.LessThan(V.Abs(below), V.Abs(above)), above, below) / V.Create(-Middle), V.Create(Middle));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static (V Scale, V Zero) Asymmetric<V>(V above, V below)
        where V : struct, ILanes<V>
    {
        // A sum with zero has no sign when it is zero, whichever of two zeros the maximum is.
        V high = V.Max(above, V.Zero) + V.Zero, low = V.Min(below, V.Zero), scale = (high - low) / V.Create(Largest);
        V zero = V.Select(V.Equal(scale, V.Zero), V.Zero, -low / scale), even = V.Round(zero);
        V away = even + V.Select(V.Equal(zero - even, V.Create(0.5f)), V.Create(1), V.Zero);
        return (scale, V.Min(away, V.Create(Largest)));
    }

    private static void StoreScales(float* scales, int blocks, bool halfScales, byte* destination)
    {
        for (int i = 0; i < blocks; i++)
        {
            if (halfScales)
                ((ushort*)destination)[i] = ((ushort*)scales)[2 * i];
            else
                ((float*)destination)[i] = scales[i];
        }
    }

    private static void StoreZeroPoints(float* zeros, int blocks, byte* destination)
    {
        for (int i = 0; i < blocks; i += 2)
            destination[i / 2] = (byte)((int)zeros[i] | ((int)zeros[i + 1] << 4));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void StoreIntegers<V>(float* x, V inverse, V zero, byte* bytes, byte* destination)
        where V : struct, ILanes<V>
    {
        for (int i = 0; i < Part; i += V.Count)
        {
            // Within bounds nothing is negative: the largest float below a half and truncation round halves up.
            V bounded = V.Min(V.Max((V.Load(x + i) * inverse) + zero, V.Zero), V.Create(Largest));
            V.StoreBytes(V.TruncateToBits(bounded + V.Create(0.49999997f)), bytes + i);
        }

        // In each pair of bytes the second moves down beside the first.
        Vector128<ushort> lower = Vector128.Load((ushort*)bytes), upper = Vector128.Load((ushort*)bytes + 8), mask = Vector128.Create((ushort)0xFF);
        Vector128.Narrow((lower | (lower >>> 4)) & mask, (upper | (upper >>> 4)) & mask).Store(destination);
    }
}
