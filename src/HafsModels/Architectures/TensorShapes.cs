using HafsModels.Tensors;

namespace HafsModels.Architectures;

/// <summary>The shape each role must have, from the sizes of the model.</summary>
internal static class TensorShapes
{
    /// <summary>Shape of a role (outermost first), or null for a role without a rule.</summary>
    public static Shape? Of(string role, DecoderConfig config)
    {
        int hidden = config.HiddenSize, queries = config.HeadCount * config.HeadDimension, keys = config.KeyValueHeadCount * config.HeadDimension;
        string name = role.StartsWith("blk.", StringComparison.Ordinal) ? role[(role.IndexOf('.', 4) + 1)..] : role;
        return name switch
        {
            "token_embd.weight" or "output.weight" => new Shape(config.VocabularySize, hidden),
            "output_norm.weight" or "attn_norm.weight" or "ffn_norm.weight" => new Shape(hidden),
            "attn_q.weight" => new Shape(queries, hidden),
            "attn_q.bias" => new Shape(queries),
            "attn_k.weight" or "attn_v.weight" => new Shape(keys, hidden),
            "attn_k.bias" or "attn_v.bias" => new Shape(keys),
            "attn_output.weight" => new Shape(hidden, queries),
            "ffn_gate.weight" or "ffn_up.weight" => new Shape(config.FeedForwardSize, hidden),
            "ffn_down.weight" => new Shape(hidden, config.FeedForwardSize),
            _ => null,
        };
    }
}
