using System.Runtime.CompilerServices;
using HafsModels.Quantization.Lanes;

namespace HafsModels.Quantization.Search;

/// <summary>Points of eight coordinates with three values each: IQ2 and IQ1.</summary>
internal readonly unsafe struct EightTernary : IGridShape
{
    public static int Dimensions => 8;
    public static int Levels => 3;
    public static int Bits => 2;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V Distance<V>(V points, float* costs)
        where V : struct, ILanes<V>
        => V.LookupFour(costs, points)
            + V.LookupFour(costs + 4, V.ShiftRightUnsignedBits(points, 2))
            + V.LookupFour(costs + 8, V.ShiftRightUnsignedBits(points, 4))
            + V.LookupFour(costs + 12, V.ShiftRightUnsignedBits(points, 6))
            + V.LookupFour(costs + 16, V.ShiftRightUnsignedBits(points, 8))
            + V.LookupFour(costs + 20, V.ShiftRightUnsignedBits(points, 10))
            + V.LookupFour(costs + 24, V.ShiftRightUnsignedBits(points, 12))
            + V.LookupFour(costs + 28, V.ShiftRightUnsignedBits(points, 14));
}
