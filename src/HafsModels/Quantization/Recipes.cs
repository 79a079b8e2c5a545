using HafsModels.Tensors;

namespace HafsModels.Quantization;

/// <summary>The table of recipes. Conversion, completion and help read it.</summary>
public static class Recipes
{
    private const RecipeRole Query = RecipeRole.Query, Key = RecipeRole.Key, Value = RecipeRole.Value, Output = RecipeRole.AttentionOutput;
    private const RecipeRole Gate = RecipeRole.Gate, Up = RecipeRole.Up, Down = RecipeRole.Down, Embedding = RecipeRole.Embedding;

    // In models of eight experts attention is a small part of the whole; so is the value projection of the 70B class.
    private static readonly RecipeRule[] Small =
    [
        new(Value, GgmlType.Q5_K, (_, m) => m.IsSeventyBillionClass, [GgmlType.Q3_K, GgmlType.Q4_K]),
        new(Value, GgmlType.Q8_0, EightExperts),
        new(Key, GgmlType.Q8_0, EightExperts),
    ];

    private static readonly RecipeRule OutputOfExperts = new(Output, GgmlType.Q5_K, EightExperts);

    /// <summary>Every recipe that has types of its own, most bits first; <see cref="Copy"/> has none.</summary>
    public static IReadOnlyList<Recipe> All { get; } =
    [
        new("F32", 0, GgmlType.F32, 100, ["FP32"], []),
        new("BF16", 32, GgmlType.BF16, 100, [], []),
        new("F16", 1, GgmlType.F16, 100, ["FP16"], []),
        Mixture("Q8_0", 7, GgmlType.Q8_0, 98, ["Q8"]),
        Mixture("Q6_K", 18, GgmlType.Q6_K, 95, ["Q6", "Q6K"]),
        Mixture("Q5_K_M", 17, GgmlType.Q5_K, 92, ["Q5_K", "Q5K"], new(Value, GgmlType.Q6_K, MoreBits), new(Down, GgmlType.Q6_K, MoreBits)),
        Mixture("Q5_1", 9, GgmlType.Q5_1, 90, []),
        Mixture("Q5_K_S", 16, GgmlType.Q5_K, 90, []),
        Mixture("Q5_0", 8, GgmlType.Q5_0, 88, ["Q5"], new RecipeRule(Down, GgmlType.Q5_1, ImportantFirstEighth)),
        Mixture("Q4_K_M", 15, GgmlType.Q4_K, 87, ["Q4_K", "Q4K"],
            new(Value, GgmlType.Q6_K, MoreBits), new(Down, GgmlType.Q6_K, MoreBits), OutputOfExperts),
        new("MXFP4_MOE", 38, GgmlType.Q8_0, 85, ["MXFP4"], []) { ExpertType = GgmlType.MXFP4 },
        Mixture("Q4_1", 3, GgmlType.Q4_1, 84, []),
        Mixture("Q4_K_S", 14, GgmlType.Q4_K, 84, [], new(Value, GgmlType.Q5_K, (i, _) => i.Index < 4), new(Down, GgmlType.Q5_K, FirstEighth), OutputOfExperts),
        Mixture("IQ4_NL", 25, GgmlType.IQ4_NL, 83, [], new(Value, GgmlType.Q5_K, SharedByFour), new(Down, GgmlType.Q5_K, PlainFirstEighth), OutputOfExperts),
        Mixture("Q4_0", 2, GgmlType.Q4_0, 82, ["Q4"], new RecipeRule(Down, GgmlType.Q4_1, ImportantFirstEighth)),
        Mixture("IQ4_XS", 30, GgmlType.IQ4_XS, 82, [], new(Value, GgmlType.Q5_K, SharedByFour), new(Down, GgmlType.Q5_K, PlainFirstEighth), OutputOfExperts),
        Mixture("Q3_K_L", 13, GgmlType.Q3_K, 77, [],
            new(Value, GgmlType.Q5_K, Always), new(Down, GgmlType.Q5_K, Always), new(Output, GgmlType.Q5_K, Dense)),
        Mixture("IQ3_M", 27, GgmlType.IQ3_S, 75, [],
            new(Value, GgmlType.Q4_K, Always), new(Down, GgmlType.Q4_K, (i, m) => FirstEighth(i, m) || (EightExperts(i, m) && MoreBits(i, m))),
            new(Output, GgmlType.Q4_K, Always), OutputOfExperts),
        Mixture("Q3_K_M", 12, GgmlType.Q3_K, 74, ["Q3_K", "Q3K", "Q3"],
            new(Value, GgmlType.Q4_K, Always), new(Value, GgmlType.Q5_K, (i, _) => i.Index < 2),
            new(Down, GgmlType.Q4_K, Always), new(Down, GgmlType.Q5_K, (i, m) => i.Index < i.Count / 16),
            new(Output, GgmlType.Q4_K, Always), OutputOfExperts),
        Mixture("IQ3_S", 26, GgmlType.IQ3_S, 73, [], new(Value, GgmlType.Q4_K, SharedByFour), OutputOfExperts),
        Mixture("IQ3_XS", 22, GgmlType.IQ3_S, 71, [],
            new(Value, GgmlType.Q4_K, SharedByFour), new(Key, GgmlType.IQ3_XXS, Always), new(Query, GgmlType.IQ3_XXS, Always),
            new(Gate, GgmlType.IQ3_XXS, Middle), new(Up, GgmlType.IQ3_XXS, Middle), OutputOfExperts),
        Mixture("Q3_K_S", 11, GgmlType.Q3_K, 68, [], OutputOfExperts),
        Mixture("IQ3_XXS", 23, GgmlType.IQ3_XXS, 66, [],
            new(Embedding, GgmlType.IQ3_S, Always),
            new(Value, GgmlType.IQ3_S, (_, m) => !m.HasImportance), new(Value, GgmlType.Q4_K, SharedByFour), new(Key, GgmlType.IQ2_S, Always), new(Query, GgmlType.IQ2_S, Always),
            new(Down, GgmlType.Q3_K, (_, m) => !m.HasImportance), new(Down, GgmlType.Q4_K, PlainFirstEighth), new(Output, GgmlType.IQ3_S, Always), OutputOfExperts),
        TwoBits("IQ2_M", 29, GgmlType.IQ2_S, 62, GgmlType.IQ3_S, GgmlType.IQ3_S, GgmlType.IQ3_S),
        TwoBits("IQ2_S", 28, GgmlType.IQ2_XS, 60, GgmlType.IQ3_S, GgmlType.IQ3_S, GgmlType.IQ3_S),
        Mixture("Q2_K", 10, GgmlType.Q2_K, 58, ["Q2", "Q2K"],
            new(Value, GgmlType.Q3_K, Always), new(Value, GgmlType.Q4_K, SharedByFour), new(Down, GgmlType.Q3_K, Always), new(Output, GgmlType.Q3_K, Always), OutputOfExperts),
        TwoBits("IQ2_XS", 20, GgmlType.IQ2_XS, 57, GgmlType.Q2_K, GgmlType.Q2_K, null),
        Mixture("Q2_K_S", 21, GgmlType.Q2_K, 56, [], new(Value, GgmlType.Q4_K, SharedByFour), new(Down, GgmlType.Q4_K, FirstEighth)),
        TwoBits("IQ2_XXS", 19, GgmlType.IQ2_XXS, 54, GgmlType.Q2_K, GgmlType.Q2_K, null),
        TwoBits("IQ1_M", 31, GgmlType.IQ1_M, 52, GgmlType.Q2_K, GgmlType.Q2_K, GgmlType.IQ2_XXS),
        Mixture("TQ2_0", 37, GgmlType.TQ2_0, 51, [], new RecipeRule(Embedding, GgmlType.Q4_K, Always)),
        TwoBits("IQ1_S", 24, GgmlType.IQ1_S, 50, GgmlType.Q2_K, GgmlType.Q2_K, GgmlType.IQ2_XXS),
        Mixture("TQ1_0", 36, GgmlType.TQ1_0, 50, [], new RecipeRule(Embedding, GgmlType.Q4_K, Always)),
    ];

    /// <summary>Copies every tensor as it is stored; <c>general.file_type</c> stays that of the source.</summary>
    public static Recipe Copy { get; } = new("COPY", 0, GgmlType.F32, 100, [], []) { IsCopy = true };

    /// <summary>The recipe of a name or alias, in any case, with or without <c>-</c> and <c>_</c>.</summary>
    /// <exception cref="HafsException">No recipe has that name.</exception>
    public static Recipe Get(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        string wanted = Normalize(name);
        return All.Append(Copy).FirstOrDefault(r => Normalize(r.Name) == wanted)
            ?? All.FirstOrDefault(r => r.Aliases.Any(a => Normalize(a) == wanted))
            ?? throw new HafsException(
                ErrorKind.InvalidArgument, "UnknownQuantization", $"no quantization is named {name}", name, "Known: " + string.Join(", ", All.Select(r => r.Name)) + ".");
    }

    private static Recipe Mixture(string name, uint fileType, GgmlType baseType, int quality, IReadOnlyList<string> aliases, params ReadOnlySpan<RecipeRule> rules) =>
        new(name, fileType, baseType, quality, aliases, [.. rules, .. Small]) { HeadType = baseType switch { GgmlType.Q8_0 => GgmlType.Q8_0, GgmlType.IQ3_XXS => GgmlType.Q5_K, _ => GgmlType.Q6_K } };

    // The recipes of about two bits and less spend the same few bits in the same places.
    private static Recipe TwoBits(string name, uint fileType, GgmlType baseType, int quality, GgmlType embedding, GgmlType better, GgmlType? output)
    {
        List<RecipeRule> rules =
        [
            new(Embedding, embedding, Always),
            new(Value, better, Always), new(Value, GgmlType.Q4_K, (i, m) => SharedByFour(i, m) || m.ExpertCount >= 4),
            new(Key, GgmlType.Q4_K, EightExperts),
            
            // Counted also where there are experts.
            new(Down, better, (i, m) => FirstEighth(i with { Index = i.Ordinal }, m)),
        ];
        if (output is { } type)
            rules.Add(new(Output, type, Always));
        rules.Add(OutputOfExperts);
        return new(name, fileType, baseType, quality, [], rules) { HeadType = GgmlType.Q5_K };
    }

    private static string Normalize(string name) => name.Replace("_", "", StringComparison.Ordinal).Replace("-", "", StringComparison.Ordinal).ToUpperInvariant();

    private static bool Always(RecipePlace place, RecipeModel model) => true;

    private static bool Dense(RecipePlace place, RecipeModel model) => model.ExpertCount != 8;

    private static bool EightExperts(RecipePlace place, RecipeModel model) => model.ExpertCount == 8;

    private static bool FirstEighth(RecipePlace place, RecipeModel model) => place.Index < place.Count / 8;

    private static bool PlainFirstEighth(RecipePlace place, RecipeModel model) => !model.HasImportance && FirstEighth(place, model);

    private static bool ImportantFirstEighth(RecipePlace place, RecipeModel model) => model.HasImportance && FirstEighth(place, model);

    private static bool Middle(RecipePlace place, RecipeModel model) => place.Index >= place.Count / 8 && place.Index < 7 * place.Count / 8;

    private static bool SharedByFour(RecipePlace place, RecipeModel model) => model.SharedHeads >= 4;

    // The first and last eighth, and every third block between: where quantization hurts most.
    private static bool MoreBits(RecipePlace place, RecipeModel model) =>
        place.Index < place.Count / 8 || place.Index >= 7 * place.Count / 8 || (place.Index - place.Count / 8) % 3 == 2;
}
