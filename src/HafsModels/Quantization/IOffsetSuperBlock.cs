namespace HafsModels.Quantization;

/// <summary>What differs between the types that <see cref="OffsetSuperBlocks{TBlock, TPlain, TWeighted}"/> encodes.</summary>
internal interface IOffsetSuperBlock
{
    /// <summary>Bytes of a super-block.</summary>
    static abstract int Bytes { get; }

    /// <summary>Largest integer of a scale or offset.</summary>
    static abstract int ScaleLimit { get; }

    /// <summary>The mean square that weighs with an importance matrix counts this often.</summary>
    static abstract float MeanSquareFactor { get; }

    /// <summary>Maps scales or offsets, which are not negative, to integers, the largest to <see cref="ScaleLimit"/>, where there is no importance matrix.</summary>
    /// <returns>What one unit is worth.</returns>
    static abstract float QuantizeToLargest(ReadOnlySpan<float> values, Span<byte> quants);

    /// <summary>Stores what the units are worth and the integers of scales and offsets; changes all four to what a reader will see.</summary>
    static abstract void StoreScales(ref float d, Span<byte> scaleQuants, ref float dmin, Span<byte> offsetQuants, Span<byte> block);

    /// <summary>Stores the integers of the 256 elements, which may be changed.</summary>
    static abstract void StoreQuants(Span<byte> quants, Span<byte> block);
}
