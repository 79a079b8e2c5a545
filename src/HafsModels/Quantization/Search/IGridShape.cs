using HafsModels.Quantization.Lanes;

namespace HafsModels.Quantization.Search;

/// <summary>How the points of a <see cref="Grid"/> fit in vectors: one packed point in each lane, coordinates from the lowest bits up.</summary>
internal unsafe interface IGridShape
{
    /// <summary>Entries of all tables of costs together: a table for each coordinate.</summary>
    const int Costs = 32;

    /// <summary>Coordinates of a point.</summary>
    static abstract int Dimensions { get; }

    /// <summary>Values a coordinate can take.</summary>
    static abstract int Levels { get; }

    /// <summary>Bits of a packed coordinate.</summary>
    static abstract int Bits { get; }

    /// <summary>Adds up, from the first coordinate on, what each lane's point costs.</summary>
    /// <param name="points">Packed points.</param>
    /// <param name="costs">The cost of each value of each coordinate: 1 &lt;&lt; <see cref="Bits"/> entries for every coordinate.</param>
    static abstract V Distance<V>(V points, float* costs)
        where V : struct, ILanes<V>;
}
