using HafsModels.Tensors;

namespace HafsModels.Quantization;

/// <summary>The table of recipes. Conversion, completion and help read it.</summary>
public static class Recipes
{
    private const string Value = "attn_v.weight", Output = "attn_output.weight", Down = "ffn_down.weight", Embedding = "token_embd.weight";

    /// <summary>Every recipe, most bits first.</summary>
    public static IReadOnlyList<Recipe> All { get; } =
    [
        new("F32", 0, GgmlType.F32, 100, ["FP32"], []),
        new("BF16", 32, GgmlType.BF16, 100, [], []),
        new("F16", 1, GgmlType.F16, 100, ["FP16"], []),
        new("Q8_0", 7, GgmlType.Q8_0, 98, ["Q8"], []),
        new("Q6_K", 18, GgmlType.Q6_K, 95, ["Q6"], []),
        new("Q5_K_M", 17, GgmlType.Q5_K, 92, ["Q5_K", "Q5K"], [new(Value, GgmlType.Q6_K, MoreBits), new(Down, GgmlType.Q6_K, MoreBits)]),
        new("Q5_1", 9, GgmlType.Q5_1, 90, [], []),
        new("Q5_K_S", 16, GgmlType.Q5_K, 90, [], []),
        new("Q5_0", 8, GgmlType.Q5_0, 88, [], []),
        new("Q4_K_M", 15, GgmlType.Q4_K, 87, ["Q4_K", "Q4K"], [new(Value, GgmlType.Q5_K, Seventy), new(Value, GgmlType.Q6_K, MoreBits), new(Down, GgmlType.Q6_K, MoreBits)]),
        new("Q4_1", 3, GgmlType.Q4_1, 84, [], []),
        new("Q4_K_S", 14, GgmlType.Q4_K, 84, [], [new(Value, GgmlType.Q5_K, (i, m) => i < 4 || Seventy(i, m)), new(Down, GgmlType.Q5_K, FirstEighth)]),
        new("IQ4_NL", 25, GgmlType.IQ4_NL, 83, [], [new(Value, GgmlType.Q5_K, SharedByFour), new(Down, GgmlType.Q5_K, FirstEighth)]),
        new("Q4_0", 2, GgmlType.Q4_0, 82, ["Q4"], []),
        new("IQ4_XS", 30, GgmlType.IQ4_XS, 82, [], [new(Value, GgmlType.Q5_K, SharedByFour), new(Down, GgmlType.Q5_K, FirstEighth)]),
        new("Q3_K_L", 13, GgmlType.Q3_K, 77, [], [new(Value, GgmlType.Q5_K, Always), new(Down, GgmlType.Q5_K, Always), new(Output, GgmlType.Q5_K, Always)]),
        new("Q3_K_M", 12, GgmlType.Q3_K, 74, ["Q3_K", "Q3K"],
        [
            new(Value, GgmlType.Q4_K, Always), new(Value, GgmlType.Q5_K, (i, m) => i < 2 || Seventy(i, m)),
            new(Down, GgmlType.Q4_K, Always), new(Down, GgmlType.Q5_K, (i, m) => i < m.LayerCount / 16), new(Output, GgmlType.Q4_K, Always),
        ]),
        new("Q3_K_S", 11, GgmlType.Q3_K, 68, [], [new(Value, GgmlType.Q5_K, Seventy)]),
        new("Q2_K", 10, GgmlType.Q2_K, 58, ["Q2"],
        [
            new(Value, GgmlType.Q3_K, Always), new(Value, GgmlType.Q4_K, SharedByFour), new(Value, GgmlType.Q5_K, Seventy),
            new(Down, GgmlType.Q3_K, Always), new(Output, GgmlType.Q3_K, Always),
        ]),
        new("TQ2_0", 37, GgmlType.TQ2_0, 51, [], [new(Embedding, GgmlType.Q4_K, Always)]),
        new("TQ1_0", 36, GgmlType.TQ1_0, 50, [], [new(Embedding, GgmlType.Q4_K, Always)]),
    ];

    /// <summary>The recipe of a name or alias, in any case, with or without <c>-</c> and <c>_</c>.</summary>
    /// <exception cref="HafsException">No recipe has that name.</exception>
    public static Recipe Get(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        string wanted = Normalize(name);
        return All.FirstOrDefault(r => Normalize(r.Name) == wanted)
            ?? All.FirstOrDefault(r => r.Aliases.Any(a => Normalize(a) == wanted))
            ?? throw new HafsException(
                ErrorKind.InvalidArgument, "UnknownQuantization", $"no quantization is named {name}", name, "Known: " + string.Join(", ", All.Select(r => r.Name)) + ".");
    }

    private static string Normalize(string name) => name.Replace("_", "", StringComparison.Ordinal).Replace("-", "", StringComparison.Ordinal).ToUpperInvariant();

    private static bool Always(int layer, RecipeModel model) => true;

    private static bool FirstEighth(int layer, RecipeModel model) => layer < model.LayerCount / 8;

    private static bool SharedByFour(int layer, RecipeModel model) => model.SharedHeads >= 4;

    // Models of 80 blocks with shared key/value heads (the 70B class) have so small a value projection that more bits cost nothing.
    private static bool Seventy(int layer, RecipeModel model) => model.LayerCount == 80 && model.SharedHeads > 1;

    // The first and last eighth, and every third block between: where quantization hurts most.
    private static bool MoreBits(int layer, RecipeModel model) =>
        layer < model.LayerCount / 8 || layer >= 7 * model.LayerCount / 8 || (layer - model.LayerCount / 8) % 3 == 2;
}
