using HafsModels.Quantization;

namespace HafsModels.Measurement;

/// <summary>What a choice of types minds.</summary>
public sealed record TypeChoiceOptions
{
    /// <summary>What was asked for besides the size: importance, and types that are not to be chosen.</summary>
    public QuantizationOptions Asked { get; init; } = new(Recipes.Get("Q4_K_M"));

    /// <summary>Text on which effects are measured; null for the built-in one.</summary>
    public string? Text { get; init; }

    /// <summary>Threads to compute with; 0 for one a processor.</summary>
    public int Threads { get; init; }

    /// <summary>Multiplications that measuring effects may take: some ten minutes on two slow cores.</summary>
    public double EffectBudget { get; init; } = 2e13;
}
