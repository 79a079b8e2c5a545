using HafsModels.Tensors;

namespace HafsModels.Quantization;

/// <summary>
/// A mixture of block types, as llama-quantize names it: a base type, and rules that give some roles another one. Equal to what
/// llama-quantize chooses, tensor by tensor.
/// </summary>
public sealed class Recipe
{
    // llama-quantize turns a type whose blocks do not fit a row into one of 32 elements with about as many bits.
    private static readonly Dictionary<GgmlType, GgmlType> Fallbacks = new()
    {
        [GgmlType.Q2_K] = GgmlType.Q4_0,
        [GgmlType.Q3_K] = GgmlType.Q4_0,
        [GgmlType.IQ4_XS] = GgmlType.IQ4_NL,
        [GgmlType.IQ2_XXS] = GgmlType.IQ4_NL,
        [GgmlType.IQ2_XS] = GgmlType.IQ4_NL,
        [GgmlType.IQ2_S] = GgmlType.IQ4_NL,
        [GgmlType.IQ3_XXS] = GgmlType.IQ4_NL,
        [GgmlType.IQ3_S] = GgmlType.IQ4_NL,
        [GgmlType.IQ1_S] = GgmlType.IQ4_NL,
        [GgmlType.IQ1_M] = GgmlType.IQ4_NL,
        [GgmlType.TQ1_0] = GgmlType.Q4_0,
        [GgmlType.TQ2_0] = GgmlType.Q4_0,
        [GgmlType.Q4_K] = GgmlType.Q5_0,
        [GgmlType.Q5_K] = GgmlType.Q5_1,
        [GgmlType.Q6_K] = GgmlType.Q8_0,
    };

    // So few bits a weight that llama-quantize wants to know which of them count.
    internal static readonly GgmlType[] Coarse = [GgmlType.IQ1_S, GgmlType.IQ1_M, GgmlType.IQ2_XXS, GgmlType.IQ2_XS, GgmlType.IQ2_S, GgmlType.IQ3_XXS];

    internal Recipe(string name, uint fileType, GgmlType baseType, int quality, IReadOnlyList<string> aliases, IReadOnlyList<RecipeRule> rules)
    {
        Name = name;
        FileType = fileType;
        BaseType = baseType;
        Quality = quality;
        Aliases = aliases;
        Rules = rules;
        HeadType = baseType;
    }

    /// <summary>Name, such as <c>Q4_K_M</c>.</summary>
    public string Name { get; }

    /// <summary>Number written to <c>general.file_type</c>: <c>enum llama_ftype</c>.</summary>
    public uint FileType { get; }

    /// <summary>Type of every tensor that no rule picks out.</summary>
    public GgmlType BaseType { get; }

    /// <summary>Rough expected quality, 50 (barely usable) to 100 (lossless for the usual 16-bit checkpoint).</summary>
    public int Quality { get; }

    /// <summary>Other names users write.</summary>
    public IReadOnlyList<string> Aliases { get; }

    /// <summary>Bits per weight of <see cref="BaseType"/> alone.</summary>
    public double NominalBitsPerWeight => BlockFormats.Get(BaseType).BitsPerWeight;

    /// <summary>Bits per weight over a llama of 8 billion parameters, every tensor counted.</summary>
    public double BitsPerWeight => RecipeTensors.ReferenceBitsPerWeight(this);

    /// <summary>Whether llama-quantize refuses the recipe without an importance matrix.</summary>
    public bool NeedsImportance => Name == "Q2_K_S" || Rules.Select(r => r.Type).Append(BaseType).Any(Coarse.Contains);

    /// <summary>Whether llama-quantize refuses to encode a tensor in a type without weights of its columns: head and embedding only where the encoding itself is impossible.</summary>
    internal bool RequiresImportance(string name, GgmlType type) =>
        BlockFormats.Get(type).NeedsImportance
        || (RecipeTensors.RoleOf(name) is not (RecipeRole.Embedding or RecipeRole.Head) && (Coarse.Contains(type) || (type == GgmlType.Q2_K && Name == "Q2_K_S")));

    /// <summary>Type of the output head, if its rows are whole blocks.</summary>
    internal GgmlType HeadType { get; init; }

    /// <summary>Type of stacked experts, where it is not that of other tensors.</summary>
    internal GgmlType? ExpertType { get; init; }

    internal IReadOnlyList<RecipeRule> Rules { get; }

    /// <summary>Whether it changes no type at all.</summary>
    internal bool IsCopy { get; init; }

    /// <summary>Whether it makes block types; otherwise every matrix gets <see cref="BaseType"/>.</summary>
    internal bool IsQuantized => BaseType is not (GgmlType.F32 or GgmlType.F16 or GgmlType.BF16);

    /// <summary>The one type without the mixture.</summary>
    internal GgmlType PureType => ExpertType ?? BaseType;

    /// <summary>The type of one matrix.</summary>
    /// <param name="role">What it is for.</param>
    /// <param name="shape">Dimensions, outermost first.</param>
    /// <param name="place">Which one of the role it is.</param>
    /// <param name="model">Facts about the whole model that rules depend on.</param>
    internal GgmlType TypeFor(RecipeRole role, Shape shape, RecipePlace place, RecipeModel model)
    {
        GgmlType type = BaseType;
        if (role == RecipeRole.Head || (model.TiedEmbeddings && role == RecipeRole.Embedding))
        {
            // The head decides every token, so it gets more bits.
            type = shape.RowLength % BlockElements(BaseType) == 0 ? HeadType : GgmlType.Q8_0;
        }
        else if (ExpertType is { } expertType && shape.Count > 2)
        {
            type = expertType;
        }
        else
        {
            foreach (RecipeRule rule in Rules)
            {
                if (rule.Role == role && rule.From?.Contains(type) != false && rule.Applies(place, model))
                    type = rule.Type;
            }
        }

        return Fit(type, shape.RowLength);
    }

    /// <summary>The type itself, or the one that takes its place where rows are not whole blocks of it.</summary>
    internal static GgmlType Fit(GgmlType type, long rowLength)
    {
        if (rowLength % BlockElements(type) == 0)
            return type;
        type = Fallbacks.GetValueOrDefault(type, GgmlType.F16);
        return rowLength % BlockElements(type) == 0 ? type : GgmlType.F16;
    }

    private static int BlockElements(GgmlType type) => GgmlTypes.BlockOf(type)!.Value.Elements;
}
