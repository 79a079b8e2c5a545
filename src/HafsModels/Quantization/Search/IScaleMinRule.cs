using HafsModels.Quantization.Lanes;

namespace HafsModels.Quantization.Search;

/// <summary>
/// The constants of one use of <see cref="ScaleMinSearch"/>, which the JIT sees as constants. The defaults are those of ggml's searches under an
/// importance matrix.
/// </summary>
internal interface IScaleMinRule
{
    /// <summary>Elements of a sub-block.</summary>
    static abstract int Length { get; }

    /// <summary>Largest integer.</summary>
    static abstract int Limit { get; }

    /// <summary>The first candidate maps the range to <see cref="Limit"/> plus this.</summary>
    static virtual float FirstOffset => -0.9f;

    /// <summary>Each further candidate adds this.</summary>
    static virtual float OffsetStep => 0.05f;

    /// <summary>Number of the last candidate, counted from 0.</summary>
    static virtual int LastStep => 36;

    /// <summary>Whether candidates are compared by their absolute errors rather than the squared ones.</summary>
    static virtual bool AbsoluteError => false;

    /// <summary>Makes the weights of one sub-block from its elements alone, for rules that use no importance matrix.</summary>
    static virtual void Weigh(ReadOnlySpan<float> x, Span<float> weights) => throw new NotSupportedException("The weights come from an importance matrix");

    /// <summary>
    /// The same for one sub-block a lane: row i (<paramref name="stride"/> floats after the one before it)
    /// starts with element i of every lane, and its weights belong right behind.
    /// </summary>
    static virtual unsafe void Weigh<V>(float* rows, int stride)
        where V : struct, ILanes<V>
        => throw new NotSupportedException("The weights come from an importance matrix");
}

/// <summary>Sub-blocks of 32 elements in four bits, weighted by importance.</summary>
internal readonly struct WeightedFourBits : IScaleMinRule
{
    public static int Length => 32;
    public static int Limit => 15;
}

/// <summary>Sub-blocks of 32 elements in five bits, weighted by importance.</summary>
internal readonly struct WeightedFiveBits : IScaleMinRule
{
    public static int Length => 32;
    public static int Limit => 31;
}

/// <summary>Sub-blocks of 16 elements in two bits, weighted by importance.</summary>
internal readonly struct WeightedTwoBits : IScaleMinRule
{
    public static int Length => 16;
    public static int Limit => 3;
}
