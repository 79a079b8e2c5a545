namespace HafsModels.Quantization;

/// <summary>
/// Counts the tensors of each role, as llama-quantize does: one whose type was chosen otherwise is not counted, so the ones after it move up.
/// Feed-forward matrices of experts go by their block instead.
/// </summary>
internal sealed class RecipePlaces(IEnumerable<string> names, RecipeModel model)
{
    private readonly int values = names.Count(n => RecipeTensors.RoleOf(n) == RecipeRole.Value);
    private readonly Dictionary<RecipeRole, int> asked = [];

    /// <summary>The place of the next tensor of a role.</summary>
    public RecipePlace Next(string name, RecipeRole role)
    {
        int ordinal = asked.GetValueOrDefault(role);
        asked[role] = ordinal + 1;
        bool isFeedForward = role is RecipeRole.Up or RecipeRole.Gate or RecipeRole.Down;
        return new(isFeedForward && model.ExpertCount > 1 ? RecipeTensors.BlockOf(name) : ordinal, role == RecipeRole.Value ? values : model.LayerCount, ordinal);
    }
}
