using HafsModels.Tensors;

namespace HafsModels.Quantization;

/// <summary>Gives one role another type than the recipe's base. Rules are asked in order; each that applies replaces the type found so far.</summary>
/// <param name="Name">Role without the block and without the marks of experts, such as <c>ffn_down.weight</c>.</param>
/// <param name="Type">The type it gets.</param>
/// <param name="Applies">Whether it applies to a block of a model.</param>
/// <param name="From">The types that it replaces, or null for any.</param>
internal sealed record RecipeRule(string Name, GgmlType Type, Func<int, RecipeModel, bool> Applies, IReadOnlyList<GgmlType>? From = null);
