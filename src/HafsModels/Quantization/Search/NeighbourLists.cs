using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace HafsModels.Quantization.Search;

/// <summary>
/// For every combination of coordinates (a cell) the points of a <see cref="Grid"/> that may be nearest to it, as <see cref="GridLanes{V, TShape}"/> reads
/// them: packed, in the order of <see cref="Grid.Neighbours"/>, filled up to whole vectors with the first, which never wins a second time.
/// A cell's number has the coordinates as digits to the base of the grid's levels, the first lowest. <see cref="Cells"/> more stands for the same cell with
/// all its neighbours; without, points are left out that cannot win for elements well inside the cell: where another point is nearer in each
/// coordinate in which the two differ, each term of its distance is less, so is their rounded sum, and it comes first.
/// </summary>
internal sealed unsafe class NeighbourLists
{
    private const int Padding = 16;

    private readonly ushort[] points;
    private readonly NeighbourList[] lists;

    /// <summary>Collects the lists.</summary>
    public NeighbourLists(Grid grid)
    {
        Cells = (int)Math.Pow(grid.Levels, grid.Dimensions);
        lists = GC.AllocateUninitializedArray<NeighbourList>(2 * Cells, pinned: true);
        List<ushort> all = [], kept = [];
        Span<byte> point = stackalloc byte[grid.Dimensions];
        for (int cell = 0; cell < lists.Length; cell++)
        {
            for (int i = 0, rest = cell; i < point.Length; i++, rest /= grid.Levels)
                point[i] = (byte)(rest % grid.Levels);
            int start = all.Count;
            if (grid.IndexOf(point) >= 0)
            {
                lists[cell] = new(start, 0);
                all.Add(grid.Pack(point));
                continue;
            }

            kept.Clear();
            foreach (ushort neighbour in grid.Neighbours(point))
            {
                if (cell >= Cells || !IsDominated(grid, point, neighbour, kept))
                    kept.Add(neighbour);
            }

            lists[cell] = new(start, kept.Count);
            foreach (ushort neighbour in kept)
                all.Add(grid.Pack(grid[neighbour]));
            while ((all.Count - start) % Padding != 0)
                all.Add(all[start]);
        }

        points = GC.AllocateUninitializedArray<ushort>(all.Count, pinned: true);
        all.CopyTo(points);
    }

    /// <summary>Number of cells.</summary>
    public int Cells { get; }

    /// <summary>The list of each cell, twice.</summary>
    public NeighbourList* Lists => (NeighbourList*)Unsafe.AsPointer(ref MemoryMarshal.GetArrayDataReference(lists));

    /// <summary>The points of all lists.</summary>
    public ushort* Points => (ushort*)Unsafe.AsPointer(ref MemoryMarshal.GetArrayDataReference(points));

    private static bool IsDominated(Grid grid, ReadOnlySpan<byte> point, int neighbour, List<ushort> nearer)
    {
        ReadOnlySpan<byte> b = grid[neighbour];
        foreach (ushort other in nearer)
        {
            ReadOnlySpan<byte> a = grid[other];
            int i = 0;
            while (i < point.Length && (a[i] == b[i] || Math.Abs(a[i] - point[i]) < Math.Abs(b[i] - point[i])))
                i++;
            if (i == point.Length)
                return true;
        }

        return false;
    }
}

/// <summary>Where a list of neighbours starts, and its length; 0 when the coordinates are themselves a point of the grid, which then stands at the start.</summary>
internal readonly record struct NeighbourList(int Start, int Count);
