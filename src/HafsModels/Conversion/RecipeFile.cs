using HafsModels.Quantization;
using HafsModels.Tensors;

namespace HafsModels.Conversion;

/// <summary>How to quantize, as a file says it (<c>my.recipe.json</c>) or the options of a command, or both.</summary>
public sealed record RecipeFile
{
    /// <summary>Name of the base recipe, or null for Q4_K_M.</summary>
    public string? Quantization { get; init; }

    /// <summary>Types by pattern; the first that matches decides.</summary>
    public IReadOnlyList<TensorTypeRule> TensorTypes { get; init; } = [];

    /// <summary>Types by whole name, chosen to meet a size; they are not part of a file.</summary>
    public IReadOnlyDictionary<string, GgmlType> ChosenTypes { get; init; } = new Dictionary<string, GgmlType>();

    /// <summary>Name of the mixture that was chosen to meet a size, or null.</summary>
    public string? MixtureName { get; init; }

    /// <summary>Type of the output head, or null.</summary>
    public GgmlType? OutputType { get; init; }

    /// <summary>Type of the token embedding, or null.</summary>
    public GgmlType? EmbeddingType { get; init; }

    /// <summary>Leaves <c>output.weight</c> in the type it has.</summary>
    public bool LeaveOutput { get; init; }

    /// <summary>Gives every tensor the base type instead of the mixture.</summary>
    public bool Pure { get; init; }

    /// <summary>Blocks to leave out; GGUF sources only.</summary>
    public IReadOnlyList<int> PruneLayers { get; init; } = [];

    /// <summary>Writes as many files as the source has; GGUF sources only.</summary>
    public bool KeepSplit { get; init; }

    /// <summary>Encodes tensors anew that were quantized before.</summary>
    public bool AllowRequantize { get; init; }

    /// <summary>The base recipe.</summary>
    /// <exception cref="HafsException">There is no such recipe.</exception>
    public Recipe Recipe => Recipes.Get(Quantization ?? "Q4_K_M");

    /// <summary>What the result is called: the mixture that was chosen, or the base recipe.</summary>
    public string Name => MixtureName ?? Recipe.Name;

    /// <summary>What a request says, over what its recipe file says: patterns of the request are asked first.</summary>
    /// <exception cref="HafsException">The file cannot be read.</exception>
    public static RecipeFile For(ConvertRequest request)
    {
        ArgumentNullException.ThrowIfNull(request);
        RecipeFile file = request.RecipePath is null ? new() : RecipeFileReader.Read(request.RecipePath);
        return new RecipeFile
        {
            Quantization = request.Quantization ?? file.Quantization,
            TensorTypes = [.. request.TensorTypes, .. file.TensorTypes],
            ChosenTypes = request.ChosenTypes ?? new Dictionary<string, GgmlType>(),
            MixtureName = request.MixtureName,
            OutputType = request.OutputType ?? file.OutputType,
            EmbeddingType = request.EmbeddingType ?? file.EmbeddingType,
            LeaveOutput = request.LeaveOutput || file.LeaveOutput,
            Pure = request.Pure || file.Pure,
            PruneLayers = request.PruneLayers.Count > 0 ? request.PruneLayers : file.PruneLayers,
            KeepSplit = request.KeepSplit || file.KeepSplit,
            AllowRequantize = request.AllowRequantize || file.AllowRequantize,
        };
    }

    /// <summary>The part that chooses types.</summary>
    /// <param name="importance">How much each column counts, or null.</param>
    public QuantizationOptions ToOptions(ImportanceMatrix? importance) => new(Recipe)
    {
        Name = Name,
        Importance = importance,
        TensorTypes = TensorTypes,
        ExactTypes = ChosenTypes,
        OutputType = OutputType,
        EmbeddingType = EmbeddingType,
        LeaveOutput = LeaveOutput,
        Pure = Pure,
    };
}
