using System.Numerics;
using System.Runtime.CompilerServices;
using HafsModels.Quantization.Lanes;

namespace HafsModels.Quantization.Search;

/// <summary>
/// <see cref="GridSearch"/> on many sub-blocks at once, with the scalar definition's operations in its order. Rounding and sums run with one sub-block in each
/// lane. The search among the neighbours of a group runs with one neighbour in each lane: every coordinate has few values, so the terms of the distance are
/// computed once for each value and looked up, and the first of the least sums wins as it does when they are compared one after the other.
/// Lanes with numbers that are extreme, or none, are reported as failed.
/// </summary>
internal static unsafe class GridLanes<V, TShape>
    where V : struct, ILanes<V>
    where TShape : struct, IGridShape
{
    private const MethodImplOptions Inline = MethodImplOptions.AggressiveInlining;
    private const int MostElements = GridBatch.MostElements, MostCandidates = 31;

    // Beside a packed point: it is a neighbour of a cell off the grid.
    private const int IsOffGrid = 1 << 16, Packed = IsOffGrid - 1;

    // What the scalar definition divides by, rounds and adds must stay far from the limits of floats and of rounding by addition.
    private const float LeastLargest = 1e-20f, MostMagnitude = 1e12f, MostWeight = 1e20f, MostRatio = 1e5f, SafeFraction = 0.4999f;

    // Rows of the elements, their weights, and weight times element, for every lane.
    private static int Stride
    {
        [MethodImpl(Inline)]
        get => 3 * V.Count;
    }

    /// <summary>Searches <c>V.Count</c> sub-blocks.</summary>
    /// <param name="search">The constants.</param>
    /// <param name="length">Elements of a sub-block.</param>
    /// <param name="x">Magnitudes, one sub-block after the other.</param>
    /// <param name="weights">Their weights.</param>
    /// <param name="largest">What the largest integer stands for in each sub-block's plain candidate; 0 skips the sub-block.</param>
    /// <param name="scales">Takes the scales.</param>
    /// <param name="points">Takes the packed points of each sub-block.</param>
    /// <returns>One bit for each sub-block the scalar definition must search.</returns>
    [SkipLocalsInit]
    public static uint Find(GridSearch search, int length, float* x, float* weights, float* largest, float* scales, ushort* points)
    {
        int groups = length / TShape.Dimensions, candidates = 2 * search.Steps + 1;
        float* rows = stackalloc float[MostElements * Stride];
        Transposition.ToLanes<V>(x, length, rows, Stride);
        Transposition.ToLanes<V>(weights, length, rows + V.Count, Stride);
        V plain = V.Load(largest), magnitude = Prepare(rows, length, out V failed);
        failed |= V.LessThan(plain, V.Create(LeastLargest)) | V.LessThan(V.Create(MostRatio) * plain, magnitude);

        NeighbourLists neighbours = search.Grid.NeighbourLists;

        // Cells of all candidates; they become points, lane by lane.
        float* units = stackalloc float[MostCandidates * V.Count];
        int* cells = stackalloc int[(MostCandidates + 1) * groups * V.Count];
        int perCandidate = groups * V.Count;
        for (int c = 0; c < candidates; c++)
        {
            V inverse = V.Create(search.Multiple(c - search.Steps)) / plain;
            V.Store(V.Create(1) / inverse, units + c * V.Count);
            Round(rows, groups, inverse, neighbours.Cells, cells + c * perCandidate);
        }

        float* memory = stackalloc float[GridGroup<V, TShape>.Floats];
        GridGroup<V, TShape> group = new(neighbours, memory);
        uint active = ~V.MaskBits(failed) & (uint)((1L << V.Count) - 1);
        for (uint rest = active; rest != 0; rest &= rest - 1)
        {
            int lane = BitOperations.TrailingZeroCount(rest);
            for (int g = 0; g < groups; g++)
            {
                int first = lane * length + g * TShape.Dimensions;
                group.Take(x + first, weights + first);
                group.Round(cells + g * V.Count + lane, perCandidate, units + lane, candidates);
            }
        }

        V scale = V.Zero, best = V.Zero, found = V.Zero, winner = V.Zero;
        for (int c = 0; c < candidates; c++)
        {
            Sums(rows, groups, cells + c * perCandidate, out V sumXQ, out V sumQQ);
            V candidate = sumXQ / sumQQ;
            V isBetter = V.LessThan(V.Zero, sumQQ) & V.LessThan(best * sumQQ, sumXQ * sumXQ);
            scale = V.Select(isBetter, candidate, scale);
            best = V.Select(isBetter, candidate * sumXQ, best);
            winner = V.Select(isBetter, V.CreateBits(c), winner);
            found |= isBetter;
        }

        failed |= ~(found & V.LessThan(V.Zero, scale) & V.LessThan(magnitude, V.Create(MostRatio) * scale));

        // The winner's points, some of them rounded once more.
        int* refined = cells + candidates * perCandidate;
        int* winners = stackalloc int[V.Count];
        V.Store(winner, (float*)winners);
        V.Store(scale, units);
        Round(rows, groups, V.Create(1) / scale, neighbours.Cells, refined);
        active &= ~V.MaskBits(failed);
        for (uint rest = active; rest != 0; rest &= rest - 1)
        {
            int lane = BitOperations.TrailingZeroCount(rest);
            int* chosen = cells + winners[lane] * perCandidate + lane;
            bool isAnyOff = false;
            for (int g = 0; g < groups; g++)
                isAnyOff |= (chosen[g * V.Count] & IsOffGrid) != 0;
            for (int g = 0; g < groups; g++)
            {
                int* point = refined + g * V.Count + lane;
                if (IsRefined(search.Refinement, (chosen[g * V.Count] & IsOffGrid) != 0, isAnyOff))
                {
                    int first = lane * length + g * TShape.Dimensions;
                    group.Take(x + first, weights + first);
                    group.Round(point, perCandidate, units + lane, 1);
                }
                else
                {
                    *point = chosen[g * V.Count];
                }

                points[lane * groups + g] = (ushort)(*point & Packed);
            }
        }

        Sums(rows, groups, refined, out V finalXQ, out V finalQQ);
        V.Store(V.Select(V.LessThan(V.Zero, finalQQ), finalXQ / finalQQ, scale), scales);
        return V.MaskBits(failed);
    }

    private static bool IsRefined(GridRefinement refinement, bool isOffGrid, bool isAnyOffGrid) => refinement switch
    {
        GridRefinement.Always => true,
        GridRefinement.AllIfAnyOffGrid => isAnyOffGrid,
        _ => isOffGrid,
    };

    // Adds the products to the rows and finds the largest magnitudes. As unsigned integers, negative weights and what is no number lie above the finite ones.
    private static V Prepare(float* rows, int length, out V failed)
    {
        V magnitude = V.Zero, weight = V.Zero;
        float* end = rows + length * Stride;
        for (float* row = rows; row < end; row += Stride)
        {
            V x = V.Load(row), w = V.Load(row + V.Count);
            magnitude = V.MaxBits(magnitude, V.Abs(x));
            weight = V.MaxUnsignedBits(weight, w);
            V.Store(w * x, row + 2 * V.Count);
        }

        V mostWeight = V.Create(MostWeight), mostMagnitude = V.Create(MostMagnitude);
        failed = ~(V.Equal(V.MaxUnsignedBits(weight, mostWeight), mostWeight) & V.Equal(V.MaxBits(magnitude, mostMagnitude), mostMagnitude));
        return magnitude;
    }

    // Rounds every group to a cell; near its border no neighbour may be left out.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Round(float* rows, int groups, V inverse, int cellCount, int* cells)
    {
        V half = V.Create(0.5f), one = V.Create(1), top = V.Create(TShape.Levels - 1), levels = V.Create(TShape.Levels);
        for (int group = 0; group < groups; group++)
        {
            V cell = V.Zero, farthest = V.Zero;
            float* first = rows + group * TShape.Dimensions * Stride;
            for (float* row = first + (TShape.Dimensions - 1) * Stride; row >= first; row -= Stride)
            {
                V exact = V.Min(V.Max(half * (inverse * V.Load(row) - one), V.Zero), top), coordinate = V.Round(exact);
                farthest = V.Max(farthest, V.Abs(exact - coordinate));
                cell = cell * levels + coordinate;
            }

            V withAll = ~V.LessThan(farthest, V.Create(SafeFraction)) & V.CreateBits(cellCount);
            V.Store(V.AddBits(V.TruncateToBits(cell), withAll), (float*)(cells + group * V.Count));
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Sums(float* rows, int groups, int* points, out V sumXQ, out V sumQQ)
    {
        // An integer below 2^23 in the lowest bits of the float 2^23 adds its value.
        V mask = V.CreateBits(((1 << TShape.Bits) - 1) << 1), magic = V.CreateBits(0x4B000001), offset = V.Create(8388608f);
        V xq = V.Zero, qq = V.Zero;
        for (int group = 0; group < groups; group++)
        {
            V point = V.ShiftLeftBits(V.Load((float*)(points + group * V.Count)), 1);
            for (int i = 0; i < TShape.Dimensions; i++)
            {
                V q = (point & mask | magic) - offset;
                point = V.ShiftRightBits(point, TShape.Bits);
                xq += V.Load(rows + 2 * V.Count) * q;
                qq += V.Load(rows + V.Count) * q * q;
                rows += Stride;
            }
        }

        (sumXQ, sumQQ) = (xq, qq);
    }
}
