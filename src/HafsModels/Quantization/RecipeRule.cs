using HafsModels.Tensors;

namespace HafsModels.Quantization;

/// <summary>Gives one role another type than the recipe's base. Of several rules that apply, the last counts.</summary>
/// <param name="Name">Role without the block, such as <c>ffn_down.weight</c>.</param>
/// <param name="Type">The type it gets.</param>
/// <param name="Layers">Whether it applies to a block of a model.</param>
internal sealed record RecipeRule(string Name, GgmlType Type, Func<int, RecipeModel, bool> Layers);
