using System.Numerics;
using System.Runtime.CompilerServices;
using HafsModels.Quantization.Lanes;

namespace HafsModels.Quantization.Search;

/// <summary>
/// The order of a sub-block's elements for IQ1_S and IQ1_M. With only three values the best assignment splits the sorted elements twice: the lower ones
/// become the first value, the upper ones the third.
/// </summary>
internal static class TernarySplit
{
    /// <summary>IQ1's grids stand a little beside the integers: by plus or minus this.</summary>
    public const float Shift = 0.125f;

    /// <summary>The three values when the shift is up.</summary>
    public static ReadOnlySpan<float> Up => [-1 + Shift, Shift, 1 + Shift];

    /// <summary>The three values when the shift is down.</summary>
    public static ReadOnlySpan<float> Down => [-1 - Shift, -Shift, 1 - Shift];

    /// <summary>Indices of the elements in ascending order; equal ones stay in place.</summary>
    public static void Sort(ReadOnlySpan<float> x, Span<byte> order)
    {
        for (int i = 0; i < x.Length; i++)
        {
            int at = i;
            for (; at > 0 && x[order[at - 1]] > x[i]; at--)
                order[at] = order[at - 1];
            order[at] = (byte)i;
        }
    }

    /// <summary><see cref="Sort(ReadOnlySpan{float}, Span{byte})"/> of up to 32 elements with vectors: as many come before an element as are smaller, or equal and in front of it.</summary>
    public static unsafe void Sort<V>(ReadOnlySpan<float> x, Span<byte> order)
        where V : struct, ILanes<V>
    {
        // NaN is neither smaller than a number nor equal to itself.
        bool hasNaN = false;
        foreach (float value in x)
            hasNaN |= float.IsNaN(value);
        if (V.Count == 1 || hasNaN)
        {
            Sort(x, order);
            return;
        }

        fixed (float* elements = x)
        {
            for (int i = 0; i < x.Length; i++)
            {
                V own = V.Create(elements[i]);
                uint smaller = 0, equal = 0;
                for (int j = 0; j < x.Length; j += V.Count)
                {
                    V others = V.Load(elements + j);
                    smaller |= V.MaskBits(V.LessThan(others, own)) << j;
                    equal |= V.MaskBits(V.Equal(others, own)) << j;
                }

                order[BitOperations.PopCount(smaller | equal & (1u << i) - 1)] = (byte)i;
            }
        }
    }

    /// <summary>Coordinates 0, 1, 2 for the elements before, between and behind the splits; mirrored when the scale is negative.</summary>
    public static void Assign(ReadOnlySpan<byte> order, int first, int second, bool isMirrored, Span<byte> quants)
    {
        for (int j = 0; j < order.Length; j++)
        {
            int value = j < first ? 0 : j < second ? 1 : 2;
            quants[order[j]] = (byte)(isMirrored ? 2 - value : value);
        }
    }

    /// <summary>Index of the point of <see cref="Grid.IQ1"/> for eight coordinates: the point itself or its best neighbour.</summary>
    /// <param name="x">Eight elements.</param>
    /// <param name="weights">Their weights.</param>
    /// <param name="scale">The scale.</param>
    /// <param name="values">What the coordinates stand for.</param>
    /// <param name="quants">The coordinates.</param>
    /// <param name="isOnGrid">Cleared when the coordinates are not on the grid.</param>
    [SkipLocalsInit]
    public static unsafe int Nearest<V>(ReadOnlySpan<float> x, ReadOnlySpan<float> weights, float scale, ReadOnlySpan<float> values, ReadOnlySpan<byte> quants, ref bool isOnGrid)
        where V : struct, ILanes<V>
    {
        Grid grid = Grid.IQ1;
        int index = grid.IndexOf(quants);
        if (index >= 0)
            return index;
        isOnGrid = false;
        if (V.Count > 1)
        {
            // With one neighbour in each lane, the cost of each value of each coordinate is looked up.
            float* costs = stackalloc float[IGridShape.Costs];
            bool isOrdered = true;
            int cell = 0;
            for (int i = x.Length - 1; i >= 0; i--)
            {
                cell = cell * grid.Levels + quants[i];
                isOrdered &= weights[i] >= 0;
                for (int value = 0; value < grid.Levels; value++)
                {
                    float difference = scale * values[value] - x[i];
                    costs[i * 4 + value] = weights[i] * difference * difference;
                }
            }

            NeighbourLists lists = grid.NeighbourLists;
            NeighbourList list = lists.Lists[lists.Cells + cell];
            if (isOrdered && GridGroup<V, EightTernary>.NearestOf(lists.Points + list.Start, list.Count, costs, out int point) < float.MaxValue)
                return grid.IndexOf(point);
        }

        float least = float.MaxValue;
        foreach (ushort neighbour in grid.Neighbours(quants))
            Consider(neighbour, x, weights, values, ref least, ref index, scale);
        for (int point = 0; point < grid.Points && index < 0; point++)
            Consider(point, x, weights, values, ref least, ref index, scale);
        return index >= 0 ? index : throw GridSearch.NotEncodable("no codebook point is nearest");
    }

    private static void Consider(int point, ReadOnlySpan<float> x, ReadOnlySpan<float> weights, ReadOnlySpan<float> values, ref float least, ref int nearest, float scale)
    {
        ReadOnlySpan<byte> coordinates = Grid.IQ1[point];
        float distance = 0;
        for (int i = 0; i < coordinates.Length; i++)
        {
            float difference = scale * values[coordinates[i]] - x[i];
            distance += weights[i] * difference * difference;
        }

        if (distance < least)
            (least, nearest) = (distance, point);
    }
}
