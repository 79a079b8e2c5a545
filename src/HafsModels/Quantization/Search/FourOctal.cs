using System.Runtime.CompilerServices;
using HafsModels.Quantization.Lanes;

namespace HafsModels.Quantization.Search;

/// <summary>Points of four coordinates with eight values each: IQ3.</summary>
internal readonly unsafe struct FourOctal : IGridShape
{
    public static int Dimensions => 4;
    public static int Levels => 8;
    public static int Bits => 3;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V Distance<V>(V points, float* costs)
        where V : struct, ILanes<V>
        => V.LookupEight(costs, points)
            + V.LookupEight(costs + 8, V.ShiftRightUnsignedBits(points, 3))
            + V.LookupEight(costs + 16, V.ShiftRightUnsignedBits(points, 6))
            + V.LookupEight(costs + 24, V.ShiftRightUnsignedBits(points, 9));
}
