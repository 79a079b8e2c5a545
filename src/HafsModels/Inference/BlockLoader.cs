using HafsModels.Architectures;
using HafsModels.Tensors;

namespace HafsModels.Inference;

/// <summary>Loads one block. What a block has is what its tensors say: a bias, a norm, experts are there or not.</summary>
internal sealed class BlockLoader(WeightLoader loader, DecoderConfig config, int layer)
{
    private readonly IReadOnlyDictionary<string, string> renamed = ModelFamilies.All.FirstOrDefault(f => f.Name == config.Family)?.Data.Roles ?? new Dictionary<string, string>();
    private readonly int hidden = config.HiddenSize;
    private readonly int head = config.HeadDimension;
    private readonly int queries = config.HeadCount * config.HeadDimension;
    private readonly int keys = config.KeyValueHeadCount * config.HeadDimension;
    private readonly int values = config.KeyValueHeadCount * config.ValueWidth;

    /// <summary>Loads it.</summary>
    /// <exception cref="HafsException">A weight is missing or has another shape.</exception>
    public DecoderBlock Load()
    {
        bool isLatent = config.KeyValueRank > 0, hasExperts = config.ExpertCount > 0 && loader.Has(Role("ffn_gate_inp.weight"));
        (WeightMatrix? q, WeightMatrix? k, WeightMatrix? v) = isLatent ? (null, null, null) : Projections();
        (float[] qBias, float[] kBias, float[] vBias) = Biases();
        int valueWidth = isLatent ? config.LatentValueDimension : config.ValueWidth;
        return new DecoderBlock
        {
            AttentionNorm = Norm("attn_norm", hidden),
            SecondAttentionNorm = Norm("attn_norm_2", hidden),
            PostAttentionNorm = Norm("post_attention_norm", hidden),
            Latent = isLatent ? LatentProjections() : null,
            Query = q,
            Key = k,
            Value = v,
            Output = loader.Matrix(Role("attn_output.weight"), hidden, config.HeadCount * valueWidth),
            QueryBias = qBias,
            KeyBias = kBias,
            ValueBias = vBias,
            OutputBias = loader.OptionalVector(Role("attn_output.bias"), hidden),
            QueryNorm = HeadNorm("attn_q_norm.weight", config.HeadCount),
            KeyNorm = HeadNorm("attn_k_norm.weight", config.KeyValueHeadCount),
            Sinks = loader.OptionalVector(Role("attn_sinks.weight"), config.HeadCount),
            FeedForwardNorm = Norm("ffn_norm", hidden),
            PostFeedForwardNorm = Norm("post_ffw_norm", hidden),
            Dense = hasExperts ? null : FeedForward("", config.FeedForwardSize),
            Experts = hasExperts ? LoadExperts() : null,
        };
    }

    private string Role(string name) => $"blk.{layer}.{name}";

    private DecoderNorm Norm(string name, int width)
    {
        if (renamed.TryGetValue(name, out string? other))
            name = other;
        else if (renamed.Values.Contains(name))
            return DecoderNorm.None;
        return loader.OptionalNorm(Role(name), width);
    }

    private HeadNorm HeadNorm(string name, int heads)
    {
        // One weight for every head, one for each, or one over all of them.
        Shape? shape = loader.ShapeOf(Role(name));
        int width = shape is [_] && shape[0] != head ? heads * head : head;
        float[] weight = shape is null ? [] : shape.Count == 2 ? loader.Matrix(Role(name), heads, head).ToArray() : loader.Vector(Role(name), width);
        return new HeadNorm(new DecoderNorm(weight, []), width);
    }

    private (WeightMatrix Query, WeightMatrix Key, WeightMatrix Value) Projections()
    {
        if (!loader.Has(Role("attn_qkv.weight")))
            return (loader.Matrix(Role("attn_q.weight"), queries, hidden), loader.Matrix(Role("attn_k.weight"), keys, hidden), loader.Matrix(Role("attn_v.weight"), values, hidden));
        WeightMatrix fused = loader.Matrix(Role("attn_qkv.weight"), queries + keys + values, hidden);
        return (fused.Slice(0, queries), fused.Slice(queries, keys), fused.Slice(queries + keys, values));
    }

    private (float[] Query, float[] Key, float[] Value) Biases()
    {
        float[] fused = loader.OptionalVector(Role("attn_qkv.bias"), queries + keys + values);
        return fused.Length > 0
            ? (fused[..queries], fused[queries..(queries + keys)], fused[(queries + keys)..])
            : (loader.OptionalVector(Role("attn_q.bias"), queries), loader.OptionalVector(Role("attn_k.bias"), keys), loader.OptionalVector(Role("attn_v.bias"), values));
    }

    private LatentWeights LatentProjections()
    {
        int queryRank = config.QueryRank, rank = config.KeyValueRank, heads = config.HeadCount, latentQueries = heads * config.LatentKeyDimension;
        int fixedPart = config.LatentKeyDimension - config.RopeDimension;
        return new LatentWeights
        {
            Query = queryRank == 0 ? loader.Matrix(Role("attn_q.weight"), latentQueries, hidden) : loader.Matrix(Role("attn_q_b.weight"), latentQueries, queryRank),
            QueryDown = queryRank == 0 ? null : loader.Matrix(Role("attn_q_a.weight"), queryRank, hidden),
            QueryNorm = queryRank == 0 ? DecoderNorm.None : loader.Norm(Role("attn_q_a_norm"), queryRank),
            KeyValueDown = loader.Matrix(Role("attn_kv_a_mqa.weight"), rank + config.RopeDimension, hidden),
            KeyValueNorm = loader.Norm(Role("attn_kv_a_norm"), rank),
            KeyUp = loader.Stack(Role("attn_k_b.weight"), heads, rank, fixedPart),
            ValueUp = loader.Stack(Role("attn_v_b.weight"), heads, config.LatentValueDimension, rank),
        };
    }

    private FeedForwardWeights FeedForward(string suffix, int width)
    {
        WeightMatrix? gate, up;
        string gateRole = Role($"ffn_gate{suffix}.weight"), upRole = Role($"ffn_up{suffix}.weight");
        if (!loader.Has(gateRole) && loader.ShapeOf(upRole) is [var rows, _] && rows == 2 * width)
        {
            // Gate and up projection one below the other.
            WeightMatrix fused = loader.Matrix(upRole, 2 * width, hidden);
            (gate, up) = (fused.Slice(0, width), fused.Slice(width, width));
        }
        else
        {
            // The clamped activation is a product of gate and up projection: it has no form for one of them.
            gate = loader.Has(gateRole) || config.Activation == ActivationKind.ClampedSwiGlu ? loader.Matrix(gateRole, width, hidden) : null;
            up = loader.Matrix(upRole, width, hidden);
        }

        return new FeedForwardWeights
        {
            Gate = gate,
            Up = up,
            Down = loader.Matrix(Role($"ffn_down{suffix}.weight"), hidden, width),
            GateBias = loader.OptionalVector(Role($"ffn_gate{suffix}.bias"), width),
            UpBias = loader.OptionalVector(Role($"ffn_up{suffix}.bias"), width),
            DownBias = loader.OptionalVector(Role($"ffn_down{suffix}.bias"), hidden),
        };
    }

    private ExpertWeights LoadExperts()
    {
        int count = config.ExpertCount, width = config.ExpertFeedForwardSize;
        WeightMatrix[] gates = loader.Stack(Role("ffn_gate_exps.weight"), count, width, hidden);
        WeightMatrix[] ups = loader.Stack(Role("ffn_up_exps.weight"), count, width, hidden);
        WeightMatrix[] downs = loader.Stack(Role("ffn_down_exps.weight"), count, hidden, width);
        float[][] gateBiases = loader.OptionalVectors(Role("ffn_gate_exps.bias"), count, width);
        float[][] upBiases = loader.OptionalVectors(Role("ffn_up_exps.bias"), count, width);
        float[][] downBiases = loader.OptionalVectors(Role("ffn_down_exps.bias"), count, hidden);
        string sharedGate = Role("ffn_gate_inp_shexp.weight");
        return new ExpertWeights
        {
            Router = loader.Matrix(Role("ffn_gate_inp.weight"), count, hidden),
            RouterBias = loader.OptionalVector(Role("ffn_gate_inp.bias"), count),
            SelectionBias = loader.OptionalVector(Role("exp_probs_b.bias"), count),
            Experts =
            [
                .. Enumerable.Range(0, count).Select(e => new FeedForwardWeights
                {
                    Gate = gates[e], Up = ups[e], Down = downs[e], GateBias = gateBiases[e], UpBias = upBiases[e], DownBias = downBiases[e],
                }),
            ],
            Shared = loader.Has(Role("ffn_up_shexp.weight")) ? FeedForward("_shexp", config.SharedFeedForwardSize) : null,
            SharedGate = loader.Has(sharedGate) ? loader.Vector(sharedGate, hidden) : null,
        };
    }
}
