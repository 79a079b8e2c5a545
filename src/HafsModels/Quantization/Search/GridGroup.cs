using System.Numerics;
using System.Runtime.CompilerServices;
using HafsModels.Quantization.Lanes;

namespace HafsModels.Quantization.Search;

/// <summary>
/// One group of elements on its way through <see cref="GridLanes{V, TShape}"/>: finds the nearest point at each candidate scale, with one neighbour in each
/// lane. The first of the least distances wins, as it does when they are compared one after the other.
/// Between two scales at which a point wins clearly it wins too, and nothing is computed: for points a and b the difference of the squared errors
/// Σr(s·a − x)² − Σr(s·b − x)² is s times a linear function of s. Clear means by more than rounding can change, which is below 1e-5 of the distances: where
/// two points differ, one of them is at least s from x, and each term is exact to 15·2⁻²² of that.
/// </summary>
internal readonly unsafe ref struct GridGroup<V, TShape>
    where V : struct, ILanes<V>
    where TShape : struct, IGridShape
{
    /// <summary>Memory a group needs.</summary>
    public const int Floats = 4 * IGridShape.Costs + CacheLines.Floats;

    private const MethodImplOptions Inline = MethodImplOptions.AggressiveInlining;
    private const int IsOffGrid = 1 << 16;
    private const float Clearly = 1.001f, SimilarDistances = 32;

    private readonly NeighbourList* lists;
    private readonly ushort* points;

    // For each value of each coordinate: the element, the root of its weight, the integer, the cost.
    private readonly float* elements, roots, integers, costs;

    public GridGroup(NeighbourLists neighbours, float* memory)
    {
        lists = neighbours.Lists;
        points = neighbours.Points;
        elements = CacheLines.Align(memory);
        roots = elements + IGridShape.Costs;
        integers = roots + IGridShape.Costs;
        costs = integers + IGridShape.Costs;
        for (int i = 0; i < IGridShape.Costs; i++)
            integers[i] = 2 * (i & (1 << TShape.Bits) - 1) + 1;
    }

    private readonly record struct Winner(int Point, float Distance, bool IsClear);

    /// <summary>Sets the elements of the group and their weights.</summary>
    public void Take(float* x, float* weights)
    {
        for (int i = 0; i < TShape.Dimensions; i++)
        {
            float root = MathF.Sqrt(weights[i]);
            for (int value = i << TShape.Bits; value < i + 1 << TShape.Bits; value++)
                (elements[value], roots[value]) = (x[i], root);
        }
    }

    /// <summary>Turns cells into packed points, marked when the cell was off the grid.</summary>
    /// <param name="cells">The cell of each candidate; takes the points.</param>
    /// <param name="stride">From one candidate's cell to the next.</param>
    /// <param name="units">Scale of each candidate; <c>V.Count</c> from one to the next. In ascending or descending order.</param>
    /// <param name="candidates">Number of candidates.</param>
    public void Round(int* cells, int stride, float* units, int candidates)
    {
        for (int first = 0; first < candidates;)
        {
            int cell = cells[first * stride], end = first + 1;
            while (end < candidates && cells[end * stride] == cell)
                end++;
            NeighbourList list = lists[cell];
            if (list.Count == 0)
            {
                Fill(cells, stride, first, end, points[list.Start]);
            }
            else
            {
                Winner lowest = Nearest(list, units[first * V.Count]);
                cells[first * stride] = lowest.Point;
                if (end - first > 1)
                {
                    Winner highest = Nearest(list, units[(end - 1) * V.Count]);
                    cells[(end - 1) * stride] = highest.Point;
                    Between(list, cells, stride, units, first, lowest, end - 1, highest);
                }
            }

            first = end;
        }
    }

    private void Between(NeighbourList list, int* cells, int stride, float* units, int first, Winner lowest, int last, Winner highest)
    {
        if (last - first < 2)
            return;
        if (lowest.Point == highest.Point && lowest.IsClear && highest.IsClear
            && lowest.Distance < SimilarDistances * highest.Distance && highest.Distance < SimilarDistances * lowest.Distance)
        {
            Fill(cells, stride, first + 1, last, lowest.Point);
            return;
        }

        int middle = (first + last) / 2;
        Winner winner = Nearest(list, units[middle * V.Count]);
        cells[middle * stride] = winner.Point;
        Between(list, cells, stride, units, first, lowest, middle, winner);
        Between(list, cells, stride, units, middle, winner, last, highest);
    }

    private static void Fill(int* cells, int stride, int first, int end, int point)
    {
        for (int c = first; c < end; c++)
            cells[c * stride] = point;
    }

    [MethodImpl(Inline)]
    private Winner Nearest(NeighbourList list, float unit)
    {
        V units = V.Create(unit);
        for (int i = 0; i < IGridShape.Costs; i += V.Count)
        {
            V difference = units * V.Load(integers + i) - V.Load(elements + i);
            V.Store(V.Load(roots + i) * difference * difference, costs + i);
        }

        ushort* candidates = points + list.Start;
        if (list.Count > V.Count)
            return NearestOfMany(candidates, list.Count);
        V distance = TShape.Distance(V.LoadWords(candidates), costs);
        float least = V.SmallestBits(distance);

        // The list is filled up with its first point, which must not count as the winner's rival.
        uint near = V.MaskBits(V.LessThan(distance, V.Create(Clearly * least))) & ~(uint.MaxValue << list.Count);
        int nearest = BitOperations.TrailingZeroCount(V.MaskBits(V.Equal(distance, V.Create(least))));
        return new(candidates[nearest] | IsOffGrid, least, BitOperations.IsPow2(near));
    }

    /// <summary>Finds the first nearest point of a list.</summary>
    /// <returns>Its distance; the largest float, and no point, if all are beyond it.</returns>
    [SkipLocalsInit]
    public static float NearestOf(ushort* candidates, int count, float* costs, out int point)
    {
        float* distances = stackalloc float[count + V.Count];
        float least = Distances(candidates, count, costs, distances);
        point = -1;
        for (int i = 0; i < count && point < 0; i += V.Count)
        {
            uint equal = V.MaskBits(V.Equal(V.Load(distances + i), V.Create(least)));
            if (equal != 0)
                point = candidates[i + BitOperations.TrailingZeroCount(equal)];
        }

        return point < 0 ? float.MaxValue : least;
    }

    [SkipLocalsInit]
    private Winner NearestOfMany(ushort* candidates, int count)
    {
        float* distances = stackalloc float[count + V.Count];
        float least = Distances(candidates, count, costs, distances);
        int nearest = -1, near = 0;
        for (int i = 0; i < count; i += V.Count)
        {
            V distance = V.Load(distances + i);
            uint equal = V.MaskBits(V.Equal(distance, V.Create(least)));
            if (nearest < 0 && equal != 0)
                nearest = i + BitOperations.TrailingZeroCount(equal);
            near += BitOperations.PopCount(V.MaskBits(V.LessThan(distance, V.Create(Clearly * least))) & (uint)((1UL << Math.Min(count - i, V.Count)) - 1));
        }

        return new(candidates[nearest] | IsOffGrid, least, near == 1);
    }

    // The distances of all points of a list, filled up to whole vectors, and the least of them.
    [MethodImpl(Inline)]
    private static float Distances(ushort* candidates, int count, float* costs, float* distances)
    {
        V leastOfLanes = V.Create(float.MaxValue);
        for (int i = 0; i < count; i += V.Count)
        {
            V distance = TShape.Distance(V.LoadWords(candidates + i), costs);
            V.Store(distance, distances + i);
            leastOfLanes = V.MinBits(leastOfLanes, distance);
        }

        return V.SmallestBits(leastOfLanes);
    }
}
