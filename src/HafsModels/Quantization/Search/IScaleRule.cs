namespace HafsModels.Quantization.Search;

/// <summary>The constants of one use of <see cref="ScaleLanes{V, TRule}"/>, which the JIT sees as constants.</summary>
internal interface IScaleRule
{
    /// <summary>Elements of a sub-block.</summary>
    static abstract int Length { get; }

    /// <summary>Half the number of integer values.</summary>
    static abstract int Limit { get; }
}
