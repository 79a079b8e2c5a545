namespace HafsModels.Measurement;

/// <summary>How much the answers suffer from each tensor.</summary>
/// <param name="Factors">The divergence in nats that a relative squared error of 1 would make, tensor by tensor.</param>
/// <param name="IsMeasured">Whether the model was run to find them.</param>
/// <param name="Method">How they were found, in words.</param>
internal sealed record Sensitivity(IReadOnlyList<double> Factors, bool IsMeasured, string Method);
