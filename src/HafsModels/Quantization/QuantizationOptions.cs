using HafsModels.Tensors;

namespace HafsModels.Quantization;

/// <summary>Which tensor gets which type, and what its encoding minds. The controls are those of llama-quantize and mean the same.</summary>
/// <param name="Recipe">The mixture that decides where nothing else does.</param>
public sealed record QuantizationOptions(Recipe Recipe)
{
    /// <summary>What the mixture is called: the recipe's name, or another for types that were chosen otherwise.</summary>
    public string Name { get; init; } = Recipe.Name;

    /// <summary>How much each column counts, or null for all alike.</summary>
    public ImportanceMatrix? Importance { get; init; }

    /// <summary>Types by pattern; the first that matches a name decides. Ignored by recipes that do not quantize.</summary>
    public IReadOnlyList<TensorTypeRule> TensorTypes { get; init; } = [];

    /// <summary>Types by whole name: they go before everything but <see cref="LeaveOutput"/>.</summary>
    public IReadOnlyDictionary<string, GgmlType> ExactTypes { get; init; } = new Dictionary<string, GgmlType>();

    /// <summary>Type of the output head, or null for what the recipe says. Of a model without one it is that of the embedding, unless <see cref="EmbeddingType"/> names another.</summary>
    public GgmlType? OutputType { get; init; }

    /// <summary>Type of the token embedding, or null for what the recipe says.</summary>
    public GgmlType? EmbeddingType { get; init; }

    /// <summary>Leaves <c>output.weight</c> in the type it has.</summary>
    public bool LeaveOutput { get; init; }

    /// <summary>Gives every tensor the recipe's base type instead of its mixture.</summary>
    public bool Pure { get; init; }

    /// <summary>Chooses the type of every tensor of a model.</summary>
    /// <param name="tensors">All its tensors, in any order: how many there are of a role decides as well.</param>
    /// <param name="model">Facts about the whole model.</param>
    /// <returns>The types, in the order of <paramref name="tensors"/>.</returns>
    /// <exception cref="HafsException">A type that was asked for does not fit the rows of its tensor.</exception>
    public IReadOnlyList<GgmlType> TypesFor(IReadOnlyList<RecipeTensor> tensors, RecipeModel model)
    {
        ArgumentNullException.ThrowIfNull(tensors);
        ArgumentNullException.ThrowIfNull(model);
        var places = new RecipePlaces(tensors.Select(t => t.Name), model);
        var types = new GgmlType[tensors.Count];

        // Tensors are counted block by block, whatever their order.
        foreach ((RecipeTensor tensor, int index) in tensors.Select((t, i) => (t, i)).OrderBy(t => RecipeTensors.BlockOf(t.t.Name)).ThenBy(t => t.t.Name, StringComparer.Ordinal))
            types[index] = TypeFor(tensor, model, places);
        return types;
    }

    /// <summary>Whether more than the recipe says what type a tensor gets.</summary>
    /// <param name="name">Name in GGUF.</param>
    public bool Decides(string name)
    {
        RecipeRole role = RecipeTensors.RoleOf(name);
        return (LeaveOutput && role == RecipeRole.Head) || Asked(name, role) is not null || TensorTypes.Any(r => r.Matches(name));
    }

    /// <summary>How much each column of a tensor counts that is encoded in a type; empty for all alike.</summary>
    /// <param name="tensor">The tensor, in the type it has.</param>
    /// <param name="type">The type it gets.</param>
    /// <exception cref="HafsException">The importance matrix belongs to another model, or the type is too coarse to be made without weights and there are none.</exception>
    public ReadOnlyMemory<float> ImportanceOf(RecipeTensor tensor, GgmlType type)
    {
        ArgumentNullException.ThrowIfNull(tensor);
        if (tensor.Type == type)
            return default;
        ReadOnlyMemory<float> weights = Importance?.For(tensor.Name, tensor.Shape) ?? default;

        // A type that was chosen for one tensor was chosen knowingly: only what the encoding itself cannot do without is demanded.
        bool isDemanded = ExactTypes.ContainsKey(tensor.Name) ? BlockFormats.Get(type).NeedsImportance : Recipe.RequiresImportance(tensor.Name, type);
        if (!weights.IsEmpty || !isDemanded)
            return weights;
        string lack = Importance is null ? "cannot be made without an importance matrix" : $"cannot be made: the importance matrix{Named(Importance)} has no weights for {tensor.Name}";
        throw new HafsException(
            ErrorKind.InvalidArgument,
            "ImportanceRequired",
            $"{Recipe.Name} {lack} ({tensor.Name} becomes {type})",
            Recipe.Name,
            "Measure one with this model and a text: Measure-ModelImportance (hafs models imatrix), or llama-imatrix. Or choose a larger type, such as Q2_K or Q3_K_M.");
    }

    private static string Named(ImportanceMatrix matrix) => matrix.Origin is { } origin ? " " + origin.File : "";

    private GgmlType TypeFor(RecipeTensor tensor, RecipeModel model, RecipePlaces places)
    {
        RecipeRole role = RecipeTensors.RoleOf(tensor.Name);
        if (Recipe.IsCopy || !RecipeTensors.CanChange(tensor.Name, tensor.Shape) || (LeaveOutput && role == RecipeRole.Head))
            return tensor.Type;
        if (Asked(tensor.Name, role) is { } asked)
            return RequireWholeBlocks(tensor, asked);
        if (!Recipe.IsQuantized)
            return Recipe.BaseType;
        if (TensorTypes.FirstOrDefault(r => r.Matches(tensor.Name)) is { } rule)
            return Recipe.Fit(rule.Type, tensor.Shape.RowLength);
        if (Pure)
            return Recipe.Fit(Recipe.PureType, tensor.Shape.RowLength);
        if (OutputType is { } output && role == RecipeRole.Embedding && model.TiedEmbeddings)
            return Recipe.Fit(output, tensor.Shape.RowLength);
        return Recipe.TypeFor(role, tensor.Shape, places.Next(tensor.Name, role), model);
    }

    private GgmlType? Asked(string name, RecipeRole role) =>
        ExactTypes.TryGetValue(name, out GgmlType exact) ? exact
        : role == RecipeRole.Embedding ? EmbeddingType
        : role == RecipeRole.Head ? OutputType
        : null;

    private static GgmlType RequireWholeBlocks(RecipeTensor tensor, GgmlType type) =>
        tensor.Shape.RowLength % BlockFormats.Get(type).BlockElements == 0 ? type : throw new HafsException(
            ErrorKind.InvalidArgument,
            "RowNotWholeBlocks",
            $"{tensor.Name}: a row of {tensor.Shape.RowLength:N0} elements is not a whole number of {type} blocks of {BlockFormats.Get(type).BlockElements}",
            tensor.Name,
            "Choose a type with blocks of 32 (Q8_0, Q5_1, Q5_0, Q4_1, Q4_0, IQ4_NL), or F16.");
}
