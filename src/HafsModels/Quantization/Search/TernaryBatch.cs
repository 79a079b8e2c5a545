using System.Runtime.CompilerServices;
using HafsModels.Quantization.Lanes;

namespace HafsModels.Quantization.Search;

/// <summary>
/// Sixteen sub-blocks of at most 32 elements on their way through <see cref="TernaryLanes{V}"/>, whatever the number of lanes. Meant for the stack of a method
/// that does not clear its locals.
/// </summary>
internal unsafe struct TernaryBatch
{
    /// <summary>Sub-blocks of a batch.</summary>
    public const int Count = 16;

    /// <summary>Most elements of a sub-block.</summary>
    public const int MostElements = 32;

    /// <summary>The winner where there is none.</summary>
    public const int None = 1 << 30;

    /// <summary>The scale of each sub-block; negative when the values are mirrored.</summary>
    public fixed float Scales[Count];

    /// <summary>The first split, from bit 8 on the second, from bit 16 on the shifts; or <see cref="None"/>.</summary>
    public fixed int Winners[Count];

    private fixed byte order[Count * MostElements];

    /// <summary>Finds the splits of up to sixteen sub-blocks.</summary>
    /// <param name="x">The elements, one sub-block after the other.</param>
    /// <param name="weights">Their weights.</param>
    /// <param name="length">Elements of a sub-block.</param>
    /// <param name="hasTwoShifts">Whether each half of a sub-block has its own shift.</param>
    [SkipLocalsInit]
    public void Find<V>(ReadOnlySpan<float> x, ReadOnlySpan<float> weights, int length, bool hasTwoShifts)
        where V : struct, ILanes<V>
    {
        int parts = hasTwoShifts ? 2 : 1, stride = 2 * parts * V.Count;
        float* sums = stackalloc float[(MostElements + 1) * stride];
        new Span<float>(sums, (MostElements + 1) * stride).Clear();
        fixed (float* scales = Scales)
        fixed (int* winners = Winners)
        fixed (byte* orders = order)
        {
            for (int first = 0; first * length < x.Length; first += V.Count)
            {
                for (int lane = 0; lane < V.Count && (first + lane) * length < x.Length; lane++)
                {
                    int start = (first + lane) * length;
                    Span<byte> sorted = new(orders + start, length);
                    TernarySplit.Sort<V>(x.Slice(start, length), sorted);
                    AddUp(x.Slice(start, length), weights.Slice(start, length), sorted, parts, sums + lane, V.Count);
                }

                if (hasTwoShifts)
                    TernaryLanes<V>.FindTwoShifts(sums, length, scales + first, winners + first);
                else
                    TernaryLanes<V>.FindOneShift(sums, length, scales + first, winners + first);
            }
        }
    }

    /// <summary>Turns the splits of a sub-block into coordinates 0, 1 and 2, mirrored when its scale is negative.</summary>
    public void Assign(int j, Span<byte> quants)
    {
        fixed (byte* orders = order)
            TernarySplit.Assign(new(orders + j * quants.Length, quants.Length), Winners[j] & 255, Winners[j] >> 8 & 255, Scales[j] < 0, quants);
    }

    // Row j of each part holds its Σw·x, and parts rows later its Σw, of the first j sorted elements.
    private static void AddUp(ReadOnlySpan<float> x, ReadOnlySpan<float> weights, ReadOnlySpan<byte> order, int parts, float* sums, int lanes)
    {
        float* sumX = stackalloc float[2], sumW = stackalloc float[2];
        sumX[0] = sumX[1] = sumW[0] = sumW[1] = 0;
        for (int j = 0; j < order.Length; j++)
        {
            int i = order[j], own = i * parts / order.Length;
            sumX[own] += weights[i] * x[i];
            sumW[own] += weights[i];
            sums += 2 * parts * lanes;
            for (int part = 0; part < parts; part++)
                (sums[part * lanes], sums[(parts + part) * lanes]) = (sumX[part], sumW[part]);
        }
    }
}
