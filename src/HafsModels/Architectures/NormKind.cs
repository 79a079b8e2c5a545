namespace HafsModels.Architectures;

/// <summary>Kind of a norm.</summary>
public enum NormKind
{
    /// <summary>Over the root of the mean square.</summary>
    Rms,

    /// <summary>Less the mean, over the standard deviation.</summary>
    Layer,
}
