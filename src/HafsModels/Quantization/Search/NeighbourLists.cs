using System.Runtime.CompilerServices;

namespace HafsModels.Quantization.Search;

/// <summary>
/// For every combination of coordinates the points of a <see cref="Grid"/> that may be nearest to it, as <see cref="GridLanes{V, TShape}"/> reads them:
/// packed, in the order of <see cref="Grid.Neighbours"/>, filled up to whole vectors with the first, which never wins a second time.
/// </summary>
internal sealed unsafe class NeighbourLists
{
    private const int Padding = 16;

    private readonly ushort[] points;
    private readonly NeighbourList[] lists;

    /// <summary>Collects the lists.</summary>
    /// <param name="grid">The grid.</param>
    /// <param name="withDominated">
    /// Whether to keep points that cannot win for elements well inside the coordinates' cells: where another point is nearer in each coordinate in which the
    /// two differ, each term of its distance is less, so is their rounded sum, and it comes first in the list.
    /// </param>
    public NeighbourLists(Grid grid, bool withDominated)
    {
        List<ushort> all = [];
        lists = new NeighbourList[(int)Math.Pow(grid.Levels, grid.Dimensions)];
        Span<byte> point = stackalloc byte[grid.Dimensions];
        List<ushort> kept = [];
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
                if (withDominated || !IsDominated(grid, point, neighbour, kept))
                    kept.Add(neighbour);
            }

            lists[cell] = new(start, kept.Count);
            foreach (ushort neighbour in kept)
                all.Add(grid.Pack(grid[neighbour]));
            while ((all.Count - start) % Padding != 0)
                all.Add(all[start]);
        }

        points = GC.AllocateUninitializedArray<ushort>(all.Count + Padding, pinned: true);
        all.CopyTo(points);
    }

    /// <summary>The list of a cell: coordinates as digits to the base of the grid's levels, the first lowest.</summary>
    public NeighbourList this[int cell] => lists[cell];

    /// <summary>The points of all lists.</summary>
    public ushort* Points => (ushort*)Unsafe.AsPointer(ref points[0]);

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
