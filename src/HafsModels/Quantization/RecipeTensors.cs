using System.Globalization;
using HafsModels.Tensors;

namespace HafsModels.Quantization;

/// <summary>Roles as recipes see them.</summary>
internal static class RecipeTensors
{
    // Routers of experts, and embeddings of places and kinds.
    private static readonly string[] Steering = ["ffn_gate_inp.weight", "ffn_gate_inp_shexp.weight", "position_embd.weight", "token_types.weight"];

    /// <summary>Splits <c>blk.3.ffn_down_exps.weight</c> into the name without block and marks of experts, and the block; the block is -1 outside of blocks.</summary>
    public static (string Name, int Layer) Split(string role)
    {
        if (!role.StartsWith("blk.", StringComparison.Ordinal))
            return (role, -1);
        int dot = role.IndexOf('.', 4);
        string name = role[(dot + 1)..].Replace("_exps.", ".", StringComparison.Ordinal).Replace("_shexp.", ".", StringComparison.Ordinal);
        return (name, int.Parse(role.AsSpan(4, dot - 4), CultureInfo.InvariantCulture));
    }

    /// <summary>Whether llama-quantize changes the type of a tensor: not of vectors, norms and the small matrices that steer a model.</summary>
    public static bool CanChange(string role, Shape shape) =>
        shape.Count >= 2
        && role.EndsWith(".weight", StringComparison.Ordinal)
        && !role.EndsWith("_norm.weight", StringComparison.Ordinal)
        && !Steering.Any(part => role.EndsWith(part, StringComparison.Ordinal));

    /// <summary>Bits per weight that a recipe costs over the tensors of an 8-billion llama (32 blocks, width 4096, 32 heads over 8).</summary>
    public static double ReferenceBitsPerWeight(Recipe recipe)
    {
        const int Layers = 32, Hidden = 4096, FeedForward = 14_336, Vocabulary = 128_256, Keys = 1024;
        var model = new RecipeModel(Layers, 32, 8, TiedEmbeddings: false);
        var tensors = new List<(string Role, Shape Shape)> { ("token_embd.weight", new(Vocabulary, Hidden)), ("output.weight", new(Vocabulary, Hidden)), ("output_norm.weight", new(Hidden)) };
        for (int i = 0; i < Layers; i++)
        {
            tensors.AddRange(new (string Role, Shape Shape)[]
            {
                ("attn_norm.weight", new(Hidden)), ("ffn_norm.weight", new(Hidden)), ("attn_q.weight", new(Hidden, Hidden)), ("attn_k.weight", new(Keys, Hidden)), ("attn_v.weight", new(Keys, Hidden)),
                ("attn_output.weight", new(Hidden, Hidden)), ("ffn_gate.weight", new(FeedForward, Hidden)), ("ffn_up.weight", new(FeedForward, Hidden)), ("ffn_down.weight", new(Hidden, FeedForward)),
            }.Select(t => ($"blk.{i}.{t.Role}", t.Shape)));
        }

        double bytes = tensors.Sum(t => (double)recipe.TypeFor(t.Role, t.Shape, model).RowBytes(t.Shape.RowLength) * t.Shape.RowCount);
        return 8 * bytes / tensors.Sum(t => (double)t.Shape.ElementCount);
    }
}
