using System.Globalization;

namespace HafsModels.Benchmarks;

/// <summary>A stock recipe and types chosen by measurement, at the same size.</summary>
/// <param name="Model">Name of the model.</param>
/// <param name="Recipe">The stock recipe.</param>
/// <param name="RecipeBytes">Size of its file.</param>
/// <param name="ChosenBytes">Size of the file with chosen types; the target was <paramref name="RecipeBytes"/>.</param>
/// <param name="Mixture">Tensors of each type.</param>
/// <param name="Tokens">Predicted tokens.</param>
/// <param name="SourcePerplexity">Perplexity of the source.</param>
/// <param name="RecipePerplexity">Perplexity of the recipe's file.</param>
/// <param name="ChosenPerplexity">Perplexity of the chosen file.</param>
/// <param name="Difference">Chosen less recipe.</param>
/// <param name="StandardError">Standard error of the difference, token by token.</param>
/// <param name="RecipeDivergence">Mean KL divergence of the recipe's file from the source, nats.</param>
/// <param name="ChosenDivergence">Mean KL divergence of the chosen file from the source, nats.</param>
/// <param name="LlamaRecipePerplexity">What llama-perplexity finds (windows of 256, second halves), or null.</param>
/// <param name="LlamaChosenPerplexity">The same for the chosen file.</param>
internal sealed record TargetResult(
    string Model,
    string Recipe,
    long RecipeBytes,
    long ChosenBytes,
    string Mixture,
    int Tokens,
    double SourcePerplexity,
    double RecipePerplexity,
    double ChosenPerplexity,
    double Difference,
    double StandardError,
    double RecipeDivergence,
    double ChosenDivergence,
    double? LlamaRecipePerplexity,
    double? LlamaChosenPerplexity)
{
    public string ToRow() => string.Create(CultureInfo.InvariantCulture,
        $"| {Model} | {Recipe} | {RecipeBytes:N0} | {ChosenBytes:N0} | {RecipePerplexity:0.000} | {ChosenPerplexity:0.000} | {Difference:+0.000;-0.000} ± {2 * StandardError:0.000} | {RecipeDivergence:0.00000} | {ChosenDivergence:0.00000} | {ChosenDivergence / RecipeDivergence:0.00} |")
        + (LlamaRecipePerplexity is { } stock ? string.Create(CultureInfo.InvariantCulture, $" {stock:0.000} | {LlamaChosenPerplexity:0.000} |") : "");
}
