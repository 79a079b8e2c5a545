using System.Runtime.CompilerServices;
using HafsModels.Quantization.Lanes;

namespace HafsModels.Quantization.Search;

/// <summary>
/// Sixteen sub-blocks of at most 32 elements on their way through <see cref="GridSearch"/>, whatever the number of lanes. About 5 KiB, meant for the stack of a
/// method that does not clear its locals.
/// </summary>
internal unsafe struct GridBatch
{
    /// <summary>Sub-blocks of a batch.</summary>
    public const int Count = 16;

    /// <summary>Most elements of a sub-block.</summary>
    public const int MostElements = 32;

    /// <summary>Most groups of a sub-block.</summary>
    public const int MostGroups = 8;

    /// <summary>What the largest integer stands for in each sub-block's plain candidate; 0 for an empty sub-block, whose results mean nothing.</summary>
    public fixed float Largest[Count];

    /// <summary>The scale if no candidate is better than none; takes the scale found.</summary>
    public fixed float Scales[Count];

    /// <summary>Magnitudes, one sub-block after the other.</summary>
    public fixed float Magnitudes[Count * MostElements];

    /// <summary>The cost of a squared error at each.</summary>
    public fixed float Weights[Count * MostElements];

    /// <summary>Coordinates if no candidate is better than none.</summary>
    public fixed byte Quants[Count * MostElements];

    /// <summary>Signs of each eight elements.</summary>
    public fixed byte Signs[Count * MostElements / SignedGroups.Length];

    /// <summary>Takes the index of each group's point.</summary>
    public fixed ushort Indices[Count * MostGroups];

    /// <summary>Searches the first sub-blocks.</summary>
    /// <param name="search">The constants.</param>
    /// <param name="length">Elements of a sub-block.</param>
    /// <param name="count">Sub-blocks.</param>
    [SkipLocalsInit]
    public void Find<V, TShape>(GridSearch search, int length, int count)
        where V : struct, ILanes<V>
        where TShape : struct, IGridShape
    {
        int groups = length / TShape.Dimensions;
        ushort* points = stackalloc ushort[Count * MostGroups];
        uint failed = uint.MaxValue;
        fixed (float* x = Magnitudes, weights = Weights, largest = Largest, scales = Scales)
        fixed (byte* quants = Quants)
        {
            float* found = stackalloc float[Count];
            if (V.Count > 1)
            {
                failed = 0;
                new Span<float>(largest + count, Count - count).Clear();
                for (int first = 0; first < count; first += V.Count)
                    failed |= GridLanes<V, TShape>.Find(search, length, x + first * length, weights + first * length, largest + first, found + first, points + first * groups) << first;
            }

            for (int j = 0; j < count; j++)
            {
                if (largest[j] == 0)
                    continue;
                if ((failed >> j & 1) != 0)
                {
                    Span<byte> coordinates = new(quants + j * length, length);
                    search.Find(new(x + j * length, length), new(weights + j * length, length), largest[j], ref scales[j], coordinates);
                    for (int group = 0; group < groups; group++)
                        points[j * groups + group] = search.Grid.Pack(coordinates.Slice(group * TShape.Dimensions, TShape.Dimensions));
                }
                else
                {
                    scales[j] = found[j];
                }

                for (int group = 0; group < groups; group++)
                    Indices[j * groups + group] = (ushort)GridScales.IndexOf(search.Grid, points[j * groups + group]);
            }
        }
    }
}
