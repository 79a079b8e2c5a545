namespace HafsModels.Quantization;

/// <summary>Which tensor gets which type, and what its encoding minds.</summary>
/// <param name="Recipe">The mixture that decides where nothing else does.</param>
public sealed record QuantizationOptions(Recipe Recipe)
{
    /// <summary>How much each column counts, or null for all alike.</summary>
    public ImportanceMatrix? Importance { get; init; }
}
