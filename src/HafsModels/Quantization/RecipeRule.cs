using HafsModels.Tensors;

namespace HafsModels.Quantization;

/// <summary>Gives one role another type than the recipe's base. Rules are asked in order; each that applies replaces the type found so far.</summary>
/// <param name="Role">The role.</param>
/// <param name="Type">The type it gets.</param>
/// <param name="Applies">Whether it applies to one of the role's tensors in a model.</param>
/// <param name="From">The types that it replaces, or null for any.</param>
internal sealed record RecipeRule(RecipeRole Role, GgmlType Type, Func<RecipePlace, RecipeModel, bool> Applies, IReadOnlyList<GgmlType>? From = null);
