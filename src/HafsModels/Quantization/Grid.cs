using System.Buffers.Binary;
using HafsModels.Quantization.Search;

namespace HafsModels.Quantization;

/// <summary>
/// A codebook of the IQ types: points of a lattice in eight (or four) dimensions, found by the author of the types and part of the format. An encoder
/// that lands between them takes a neighbour. The points lie in Grids.bin, one after the other grid, as tests/HafsModels.Benchmarks (command grids) read
/// them out of libggml: a little-endian uint16 for each, coordinates from the lowest bits up.
/// </summary>
internal sealed class Grid
{
    private static readonly Lazy<Grid> LazyIQ2_XXS = new(() => new(first: 0, points: 256, dimensions: 8, levels: 3, rings: 2));
    private static readonly Lazy<Grid> LazyIQ2_XS = new(() => new(first: 256, points: 512, dimensions: 8, levels: 3, rings: 2));
    private static readonly Lazy<Grid> LazyIQ2_S = new(() => new(first: 768, points: 1024, dimensions: 8, levels: 3, rings: 1));
    private static readonly Lazy<Grid> LazyIQ1 = new(() => new(first: 1792, points: 2048, dimensions: 8, levels: 3, rings: 3));
    private static readonly Lazy<Grid> LazyIQ3_XXS = new(() => new(first: 3840, points: 256, dimensions: 4, levels: 8, rings: 2));
    private static readonly Lazy<Grid> LazyIQ3_S = new(() => new(first: 4096, points: 512, dimensions: 4, levels: 8, rings: 3));

    private readonly byte[] coordinates;
    private readonly int bits;
    private readonly short[] indexOf;
    private readonly Lazy<ushort[][]> neighbours;
    private readonly Lazy<NeighbourLists> neighbourLists;

    private Grid(int first, int points, int dimensions, int levels, int rings)
    {
        Dimensions = dimensions;
        Levels = levels;
        Points = points;
        bits = 16 / dimensions == 2 ? 2 : 3;
        coordinates = new byte[points * dimensions];
        indexOf = new short[1 << bits * dimensions];
        Array.Fill(indexOf, (short)-1);
        using Stream stream = typeof(Grid).Assembly.GetManifestResourceStream("quantization/grids.bin")!;
        byte[] file = new byte[stream.Length];
        stream.ReadExactly(file);
        for (int i = 0; i < points; i++)
        {
            ushort packed = BinaryPrimitives.ReadUInt16LittleEndian(file.AsSpan(2 * (first + i)));
            indexOf[packed] = (short)i;
            for (int d = 0; d < dimensions; d++)
                coordinates[i * dimensions + d] = (byte)(packed >> bits * d & (1 << bits) - 1);
        }

        // Only encoders need these; the largest grid takes a tenth of a second.
        neighbours = new(() => FindNeighbours(rings));
        neighbourLists = new(() => new(this));
    }

    public static Grid IQ2_XXS => LazyIQ2_XXS.Value;
    public static Grid IQ2_XS => LazyIQ2_XS.Value;
    public static Grid IQ2_S => LazyIQ2_S.Value;
    public static Grid IQ1 => LazyIQ1.Value;
    public static Grid IQ3_XXS => LazyIQ3_XXS.Value;
    public static Grid IQ3_S => LazyIQ3_S.Value;

    /// <summary>Coordinates of a point: 8 or 4.</summary>
    public int Dimensions { get; }

    /// <summary>Values a coordinate can take: 0 … Levels − 1.</summary>
    public int Levels { get; }

    /// <summary>Number of points.</summary>
    public int Points { get; }

    /// <summary>Coordinates of a point.</summary>
    public ReadOnlySpan<byte> this[int index] => coordinates.AsSpan(index * Dimensions, Dimensions);

    /// <summary>Index of the point with given coordinates; −1 when they are not on the grid.</summary>
    public int IndexOf(ReadOnlySpan<byte> point) => indexOf[Pack(point)];

    /// <summary>The points nearest to coordinates that are not on the grid: those at the least few distances, by distance and then by index.</summary>
    public ReadOnlySpan<ushort> Neighbours(ReadOnlySpan<byte> point) => neighbours.Value[Pack(point)];

    /// <summary>The neighbours of all combinations of coordinates, for vector kernels.</summary>
    public NeighbourLists NeighbourLists => neighbourLists.Value;

    /// <summary>Index of a packed point; −1 when it is not on the grid.</summary>
    public int IndexOf(int packed) => indexOf[packed];

    /// <summary>Coordinates in one number, from the lowest bits up.</summary>
    public ushort Pack(ReadOnlySpan<byte> point)
    {
        int packed = 0;
        for (int d = 0; d < Dimensions; d++)
            packed |= point[d] << bits * d;
        return (ushort)packed;
    }

    private ushort[][] FindNeighbours(int rings)
    {
        ushort[][] found = new ushort[indexOf.Length][];
        Span<byte> point = stackalloc byte[Dimensions];
        int[] distances = new int[Points];
        for (int packed = 0; packed < found.Length; packed++)
        {
            bool isReachable = true;
            for (int d = 0; d < Dimensions; d++)
            {
                point[d] = (byte)(packed >> bits * d & (1 << bits) - 1);
                isReachable &= point[d] < Levels;
            }

            if (isReachable && indexOf[packed] < 0)
                found[packed] = Nearest(point, rings, distances);
        }

        return found;
    }

    private ushort[] Nearest(ReadOnlySpan<byte> point, int rings, int[] distances)
    {
        for (int i = 0; i < distances.Length; i++)
        {
            int distance = 0;
            for (int d = 0; d < point.Length; d++)
            {
                int difference = coordinates[i * point.Length + d] - point[d];
                distance += difference * difference;
            }

            distances[i] = distance;
        }

        List<ushort> nearest = [];
        int beyond = -1;
        for (int ring = 0; ring < rings; ring++)
        {
            int least = int.MaxValue;
            foreach (int distance in distances)
            {
                if (distance > beyond && distance < least)
                    least = distance;
            }

            for (int i = 0; i < distances.Length; i++)
            {
                if (distances[i] == least)
                    nearest.Add((ushort)i);
            }

            beyond = least;
        }

        return [.. nearest];
    }
}
