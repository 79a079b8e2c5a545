using HafsModels.Formats.Gguf;
using HafsModels.Quantization;
using HafsModels.Tensors;

namespace HafsModels.Conversion;

/// <summary>What to convert into a GGUF file, and how.</summary>
public sealed record ConvertRequest
{
    /// <summary>Registered model id, or null when <see cref="Path"/> names a folder or file directly.</summary>
    public string? ModelId { get; init; }

    /// <summary>Folder of a Hugging Face checkpoint, or of an adapter whose base model is at hand, or a GGUF file; null to use the registered model's path.</summary>
    public string? Path { get; init; }

    /// <summary>Folder of an adapter to merge into the model on the way, or the id of a registered one; null for none.</summary>
    public string? Adapter { get; init; }

    /// <summary>Name of a recipe in <c>Recipes.All</c> or COPY, any case, aliases allowed (<c>q4_k_m</c>, <c>Q4K</c>, <c>FP16</c>); null for what <see cref="RecipePath"/> says, else Q4_K_M.</summary>
    public string? Quantization { get; init; }

    /// <summary>A recipe file (<see cref="RecipeFile"/>), or null; what this request says itself goes before it.</summary>
    public string? RecipePath { get; init; }

    /// <summary>Types by pattern; the first that matches a tensor's name decides.</summary>
    public IReadOnlyList<TensorTypeRule> TensorTypes { get; init; } = [];

    /// <summary>Type of the output head, or null for what the recipe says.</summary>
    public GgmlType? OutputType { get; init; }

    /// <summary>Type of the token embedding, or null for what the recipe says.</summary>
    public GgmlType? EmbeddingType { get; init; }

    /// <summary>Leaves <c>output.weight</c> in the type it has.</summary>
    public bool LeaveOutput { get; init; }

    /// <summary>Gives every tensor the recipe's base type instead of its mixture.</summary>
    public bool Pure { get; init; }

    /// <summary>Numbers of blocks to leave out; GGUF sources only.</summary>
    public IReadOnlyList<int> PruneLayers { get; init; } = [];

    /// <summary>Writes as many files as a split GGUF source has.</summary>
    public bool KeepSplit { get; init; }

    /// <summary>Quantizes tensors of a GGUF source that were quantized before.</summary>
    public bool AllowRequantize { get; init; }

    /// <summary>File of an importance matrix, as llama-imatrix writes it, or null for all columns alike.</summary>
    public string? ImportanceMatrix { get; init; }

    /// <summary>Most bytes of the file, header included: types are chosen tensor by tensor to meet it. Null for the types of <see cref="Quantization"/>.</summary>
    public long? TargetBytes { get; init; }

    /// <summary>Most bits per weight over all tensors: types are chosen tensor by tensor to meet it. Null for the types of <see cref="Quantization"/>.</summary>
    public double? TargetBitsPerWeight { get; init; }

    /// <summary>Types that were chosen to meet the target, by tensor; null before that.</summary>
    public IReadOnlyDictionary<string, GgmlType>? ChosenTypes { get; init; }

    /// <summary>Name of the mixture that was chosen, such as <c>4.60BPW</c>; null for the recipe's.</summary>
    public string? MixtureName { get; init; }

    /// <summary>Output file, or a folder; null for <c>NAME-QUANTIZATION.gguf</c> inside the model folder.</summary>
    public string? OutputPath { get; init; }

    /// <summary>Worker threads; 0 for one a processor.</summary>
    public int Threads { get; init; }

    /// <summary>Do not run source and result on the same tokens afterwards.</summary>
    public bool SkipVerification { get; init; }

    /// <summary>Text on which source and result are compared; null for the built-in one.</summary>
    public string? EvaluationText { get; init; }

    /// <summary>File that takes a report of what each tensor lost, <c>.html</c> or <c>.svg</c>; null for none.</summary>
    public string? ReportPath { get; init; }

    /// <summary>Replace an existing output.</summary>
    public bool Force { get; init; }

    /// <summary>Copy ggml's behaviour for NaN and infinity instead of refusing them.</summary>
    public bool AllowNonFinite { get; init; }

    /// <summary>Convert the text part of a model with towers for pictures or sound, instead of refusing it.</summary>
    public bool TextOnly { get; init; }

    /// <summary>Value of <c>general.author</c>; null for what the model card says.</summary>
    public string? Author { get; init; }

    /// <summary>Value of <c>general.description</c>; null for what the model card says.</summary>
    public string? Description { get; init; }

    /// <summary>Value of <c>general.license</c>; null for what the model card says.</summary>
    public string? License { get; init; }

    /// <summary>Value of <c>general.quantized_by</c>; null for what the model card says.</summary>
    public string? QuantizedBy { get; init; }

    /// <summary>How much the file says about where the model comes from; checkpoints only, since a GGUF source's own keys are kept.</summary>
    public ProvenanceDetail Provenance { get; init; } = ProvenanceDetail.Run;

    /// <summary>The training run; null for what the model's registration, or its folder, tells of one.</summary>
    public ExperimentProvenance? Experiment { get; init; }

    /// <summary>Do not hash the weight files that are read.</summary>
    public bool SkipSourceHash { get; init; }

    /// <summary>The base model, by its name on the hub or an address (<c>general.base_model.0.*</c>); null for what the model card says.</summary>
    public string? BaseModel { get; init; }

    /// <summary>Name for <c>tokenizer.ggml.pre</c> instead of the one that matches tokenizer.json, or null.</summary>
    public string? PreTokenizer { get; init; }

    /// <summary>Further metadata: key to string, bool, integer or floating-point value.</summary>
    public IReadOnlyDictionary<string, object> Metadata { get; init; } = new Dictionary<string, object>();
}
