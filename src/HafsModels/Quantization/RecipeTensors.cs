using System.Globalization;
using HafsModels.Tensors;

namespace HafsModels.Quantization;

/// <summary>Tensors as recipes see them.</summary>
internal static class RecipeTensors
{
    // Names that llama-quantize leaves as they are: norms, routers, small matrices that steer a model, convolutions, embeddings of places and kinds.
    private static readonly string[] Kept =
    [
        "_norm.weight", "ffn_gate_inp.weight", "ffn_gate_tid2eid.weight", "altup", "laurel", "per_layer_model_proj", "attn_rel_b.weight", "ssm_conv1d", "shortconv.conv.weight",
        ".position_embd", ".patch_embd",
        .. ((ReadOnlySpan<string>)["first", "a0", "a1", "a2", "w0", "w1", "w2", "v0", "v1", "v2", "g1", "g2", "decay_w1", "decay_w2", "lerp_fused"]).ToArray().Select(part => $"time_mix_{part}.weight"),
    ];

    private static readonly string[] KeptWhole = ["position_embd.weight", "token_types.weight"];

    private static readonly Dictionary<string, RecipeRole> Whole = new(StringComparer.Ordinal)
    {
        ["output.weight"] = RecipeRole.Head,
        ["token_embd.weight"] = RecipeRole.Embedding,
        ["per_layer_token_embd.weight"] = RecipeRole.Embedding,
    };

    private static readonly (string Part, RecipeRole Role)[] Parts =
    [
        ("attn_qkv.weight", RecipeRole.Value), ("attn_kv_b.weight", RecipeRole.Value), ("attn_v.weight", RecipeRole.Value), ("attn_k.weight", RecipeRole.Key), ("attn_q.weight", RecipeRole.Query),
        ("attn_output.weight", RecipeRole.AttentionOutput), ("ffn_up", RecipeRole.Up), ("ffn_gate", RecipeRole.Gate), ("ffn_down", RecipeRole.Down),
    ];

    /// <summary>What a tensor is for.</summary>
    public static RecipeRole RoleOf(string name) =>
        Whole.TryGetValue(name, out RecipeRole role) ? role : Array.Find(Parts, p => name.Contains(p.Part, StringComparison.Ordinal)).Role;

    /// <summary>Number of the block, or -1 outside of blocks.</summary>
    public static int BlockOf(string name)
    {
        const string Prefix = "blk.";
        int end = name.StartsWith(Prefix, StringComparison.Ordinal) ? name.IndexOf('.', Prefix.Length) : -1;
        return end > 0 && int.TryParse(name.AsSpan(Prefix.Length, end - Prefix.Length), NumberStyles.None, CultureInfo.InvariantCulture, out int block) ? block : -1;
    }

    /// <summary>The name without block and <c>.weight</c>, such as <c>ffn_down</c>: tensors of different blocks that do the same share it.</summary>
    public static string ShortName(string name)
    {
        const string Ending = ".weight";
        string role = BlockOf(name) >= 0 ? name[(name.IndexOf('.', "blk.".Length) + 1)..] : name;
        return role.EndsWith(Ending, StringComparison.Ordinal) ? role[..^Ending.Length] : role;
    }

    /// <summary>Whether llama-quantize changes the type of a tensor: not of vectors, norms and the small matrices that steer a model.</summary>
    public static bool CanChange(string name, Shape shape) =>
        shape.Take(shape.Count - 1).Any(d => d > 1)
        && name.EndsWith("weight", StringComparison.Ordinal)
        && !Kept.Any(part => name.Contains(part, StringComparison.Ordinal))
        && !KeptWhole.Contains(name);

    /// <summary>Bits per weight that a recipe costs over the tensors of an 8-billion llama (32 blocks, width 4096, 32 heads over 8).</summary>
    public static double ReferenceBitsPerWeight(Recipe recipe)
    {
        const int Layers = 32, Hidden = 4096, FeedForward = 14_336, Vocabulary = 128_256, Keys = 1024;
        var model = new RecipeModel(Layers, 32, 8, TiedEmbeddings: false);
        var tensors = new List<RecipeTensor>();
        void Add(string name, params ReadOnlySpan<long> shape) => tensors.Add(new(name, new(shape), GgmlType.F32));
        Add("token_embd.weight", Vocabulary, Hidden);
        Add("output.weight", Vocabulary, Hidden);
        Add("output_norm.weight", Hidden);
        for (int i = 0; i < Layers; i++)
        {
            Add($"blk.{i}.attn_norm.weight", Hidden);
            Add($"blk.{i}.ffn_norm.weight", Hidden);
            Add($"blk.{i}.attn_q.weight", Hidden, Hidden);
            Add($"blk.{i}.attn_k.weight", Keys, Hidden);
            Add($"blk.{i}.attn_v.weight", Keys, Hidden);
            Add($"blk.{i}.attn_output.weight", Hidden, Hidden);
            Add($"blk.{i}.ffn_gate.weight", FeedForward, Hidden);
            Add($"blk.{i}.ffn_up.weight", FeedForward, Hidden);
            Add($"blk.{i}.ffn_down.weight", Hidden, FeedForward);
        }

        double bytes = new QuantizationOptions(recipe).TypesFor(tensors, model).Zip(tensors, (type, t) => (double)type.RowBytes(t.Shape.RowLength) * t.Shape.RowCount).Sum();
        return 8 * bytes / tensors.Sum(t => (double)t.Shape.ElementCount);
    }
}
