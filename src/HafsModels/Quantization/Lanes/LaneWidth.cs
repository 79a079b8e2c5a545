using System.Runtime.Intrinsics;

namespace HafsModels.Quantization.Lanes;

/// <summary>How many floats a kernel handles side by side.</summary>
internal enum LaneWidth
{
    /// <summary>One: the scalar definition.</summary>
    One = 1,

    /// <summary>Four, in 128-bit vectors.</summary>
    Four = 4,

    /// <summary>Eight, in 256-bit vectors.</summary>
    Eight = 8,

    /// <summary>Sixteen, in 512-bit vectors.</summary>
    Sixteen = 16,
}

/// <summary>Which widths this CPU runs.</summary>
internal static class LaneWidths
{
    /// <summary>The widths in hardware, widest first; one lane always works.</summary>
    public static IReadOnlyList<LaneWidth> Supported { get; } =
    [
        .. Vector512.IsHardwareAccelerated ? [LaneWidth.Sixteen] : (LaneWidth[])[],
        .. Vector256.IsHardwareAccelerated ? [LaneWidth.Eight] : (LaneWidth[])[],
        .. Vector128.IsHardwareAccelerated ? [LaneWidth.Four] : (LaneWidth[])[],
        LaneWidth.One,
    ];

    /// <summary>What <see cref="BlockFormat.Encode(ReadOnlySpan{float}, int, ReadOnlySpan{float}, Span{byte})"/> uses.</summary>
    public static LaneWidth Widest => Supported[0];
}
