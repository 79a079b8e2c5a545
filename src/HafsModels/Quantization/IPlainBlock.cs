namespace HafsModels.Quantization;

/// <summary>What differs between Q4_0, Q4_1, Q5_0 and Q5_1: how 32 elements are stored.</summary>
internal interface IPlainBlock
{
    /// <summary>Bytes of a block.</summary>
    static abstract int Bytes { get; }

    /// <summary>Bits of an integer.</summary>
    static abstract int Bits { get; }

    /// <summary>Whether a minimum is stored, which the integers count from.</summary>
    static abstract bool HasMinimum { get; }

    /// <summary>Stores what one unit is worth and, where the type has one, the minimum, both as F16; then the integers.</summary>
    static abstract void Store(float d, float m, ReadOnlySpan<byte> quants, Span<byte> block);
}
