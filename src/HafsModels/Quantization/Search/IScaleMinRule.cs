namespace HafsModels.Quantization.Search;

/// <summary>The constants of one use of <see cref="ScaleMinSearch"/>, known to the JIT as constants.</summary>
internal interface IScaleMinRule
{
    /// <summary>Elements of a sub-block.</summary>
    static abstract int Length { get; }

    /// <summary>Largest integer.</summary>
    static abstract int Limit { get; }

    /// <summary>The first candidate maps the range to <see cref="Limit"/> plus this.</summary>
    static abstract float FirstOffset { get; }

    /// <summary>Each further candidate adds this.</summary>
    static abstract float OffsetStep { get; }

    /// <summary>Number of the last candidate, counted from 0.</summary>
    static abstract int LastStep { get; }

    /// <summary>Whether candidates are compared by their absolute errors rather than the squared ones.</summary>
    static abstract bool AbsoluteError { get; }
}
