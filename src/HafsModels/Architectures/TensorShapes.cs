using HafsModels.Tensors;

namespace HafsModels.Architectures;

/// <summary>The shape each role must have, as formulas of the sizes of the model; a family may say otherwise for a tensor.</summary>
internal static class TensorShapes
{
    private static readonly Dictionary<string, FamilyExpression[]> ByName = new (string Name, string[] Dimensions)[]
    {
        ("token_embd.weight", ["VocabularySize", "HiddenSize"]),
        ("position_embd.weight", ["ContextLength", "HiddenSize"]),
        ("output.weight", ["VocabularySize", "HiddenSize"]),
        ("output.bias", ["VocabularySize"]),
        ("output_norm", ["HiddenSize"]),
        ("attn_norm", ["HiddenSize"]),
        ("attn_norm_2", ["HiddenSize"]),
        ("ffn_norm", ["HiddenSize"]),
        ("post_attention_norm", ["HiddenSize"]),
        ("post_ffw_norm", ["HiddenSize"]),
        ("attn_q.weight", ["HeadCount * HeadDimension", "HiddenSize"]),
        ("attn_q.bias", ["HeadCount * HeadDimension"]),
        ("attn_k.weight", ["KeyValueHeadCount * HeadDimension", "HiddenSize"]),
        ("attn_k.bias", ["KeyValueHeadCount * HeadDimension"]),
        ("attn_v.weight", ["KeyValueHeadCount * ValueDimension", "HiddenSize"]),
        ("attn_v.bias", ["KeyValueHeadCount * ValueDimension"]),
        ("attn_qkv.weight", ["(HeadCount + 2 * KeyValueHeadCount) * HeadDimension", "HiddenSize"]),
        ("attn_qkv.bias", ["(HeadCount + 2 * KeyValueHeadCount) * HeadDimension"]),
        ("attn_output.weight", ["HiddenSize", "HeadCount * ValueDimension"]),
        ("attn_output.bias", ["HiddenSize"]),
        ("attn_q_norm.weight", ["HeadDimension"]),
        ("attn_k_norm.weight", ["HeadDimension"]),
        ("attn_sinks.weight", ["HeadCount"]),
        ("attn_q_a.weight", ["QueryRank", "HiddenSize"]),
        ("attn_q_a_norm.weight", ["QueryRank"]),
        ("attn_q_b.weight", ["HeadCount * LatentKeyDimension", "QueryRank"]),
        ("attn_kv_a_mqa.weight", ["KeyValueRank + RopeDimension", "HiddenSize"]),
        ("attn_kv_a_norm.weight", ["KeyValueRank"]),
        ("attn_k_b.weight", ["HeadCount", "KeyValueRank", "LatentKeyDimension - RopeDimension"]),
        ("attn_v_b.weight", ["HeadCount", "LatentValueDimension", "KeyValueRank"]),
        ("ffn_gate.weight", ["FeedForwardSize", "HiddenSize"]),
        ("ffn_up.weight", ["FeedForwardSize", "HiddenSize"]),
        ("ffn_gate.bias", ["FeedForwardSize"]),
        ("ffn_up.bias", ["FeedForwardSize"]),
        ("ffn_down.weight", ["HiddenSize", "FeedForwardSize"]),
        ("ffn_down.bias", ["HiddenSize"]),
        ("ffn_gate_inp.weight", ["ExpertCount", "HiddenSize"]),
        ("ffn_gate_inp.bias", ["ExpertCount"]),
        ("exp_probs_b.bias", ["ExpertCount"]),
        ("ffn_gate_exps.weight", ["ExpertCount", "ExpertFeedForwardSize", "HiddenSize"]),
        ("ffn_gate_exps.bias", ["ExpertCount", "ExpertFeedForwardSize"]),
        ("ffn_up_exps.weight", ["ExpertCount", "ExpertFeedForwardSize", "HiddenSize"]),
        ("ffn_up_exps.bias", ["ExpertCount", "ExpertFeedForwardSize"]),
        ("ffn_down_exps.weight", ["ExpertCount", "HiddenSize", "ExpertFeedForwardSize"]),
        ("ffn_down_exps.bias", ["ExpertCount", "HiddenSize"]),
        ("ffn_gate_shexp.weight", ["SharedFeedForwardSize", "HiddenSize"]),
        ("ffn_up_shexp.weight", ["SharedFeedForwardSize", "HiddenSize"]),
        ("ffn_down_shexp.weight", ["HiddenSize", "SharedFeedForwardSize"]),
        ("ffn_gate_inp_shexp.weight", ["1", "HiddenSize"]),
        ("rope_factors_long.weight", ["RopeDimension / 2"]),
        ("rope_factors_short.weight", ["RopeDimension / 2"]),
        ("rope_freqs.weight", ["RopeDimension / 2"]),
    }.ToDictionary(r => r.Name, r => r.Dimensions.Select(d => new FamilyExpression(d)).ToArray(), StringComparer.Ordinal);

    /// <summary>Whether a role has a shape of its own here.</summary>
    public static bool Knows(string role) => Dimensions(role) is not null;

    /// <summary>Shape of a role (outermost first), or null for a role without a rule.</summary>
    public static Shape? Of(string role, DecoderConfig config) => Dimensions(role) is { } dimensions ? Of(dimensions, config) : null;

    /// <summary>Shape by formulas.</summary>
    public static Shape Of(IEnumerable<FamilyExpression> dimensions, DecoderConfig config) =>
        new([.. dimensions.Select(d => (long)d.Evaluate(name => DecoderValues.All[name].Read(config))!.Value)]);

    private static FamilyExpression[]? Dimensions(string role)
    {
        string name = role.StartsWith("blk.", StringComparison.Ordinal) ? role[(role.IndexOf('.', 4) + 1)..] : role;
        int end = name.LastIndexOf('.');
        return ByName.GetValueOrDefault(name) ?? (end < 0 ? null : ByName.GetValueOrDefault(name[..end]));
    }
}
