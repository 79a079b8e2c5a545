namespace HafsModels.Inference;

/// <summary>A norm of queries or keys.</summary>
/// <param name="Norm">The norm, or none.</param>
/// <param name="Width">Elements normalized together: a head, or all of them.</param>
internal sealed record HeadNorm(DecoderNorm Norm, int Width);
